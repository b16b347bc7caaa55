/** The switches of a running process, as a person or a supervisor throws them: signals and the file. */
import assert from 'node:assert/strict';
import { mkdir, open, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { ExtProcClient } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';
import { serve, servedFile, temporaryFolder } from '../kit/serve.ts';

/** A twinspan with its file at `path`, and a way to show it an exchange. */
async function running(t: TestContext, path: string) {
  const sidecar = await serve(t, path);
  const client = await ExtProcClient.connect(sidecar.extProc);
  t.after(() => client.close());
  const exchange = () =>
    client.replay({
      request: { path: '/a' },
      response: { headers: [['content-type', 'application/json']], body: '{"a":1}' },
    });
  return { sidecar, exchange };
}

test('SIGUSR2 stops what goes to the shadow, and SIGTERM ends with 0', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const path = join(await temporaryFolder(t), 'twinspan.json');
  await writeFile(path, servedFile(shadow.url));
  const { sidecar, exchange } = await running(t, path);
  await exchange();
  assert.deepEqual((await sidecar.settled(1)).exchanges.outcomes, { match: 1 });
  sidecar.signal('SIGUSR2');
  await sidecar.logged('paused');
  await exchange();
  const { exchanges, paused } = await sidecar.status();
  assert.equal(paused, true);
  assert.deepEqual(exchanges.outcomes, { match: 1, paused: 1 });
  assert.equal(shadow.asked.length, 1);
  sidecar.signal('SIGTERM');
  assert.equal(await sidecar.ended, 0);
});

test('a signal that comes while twinspan starts is not lost', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const path = join(await temporaryFolder(t), 'twinspan.json');
  await writeFile(path, servedFile(shadow.url));
  const sidecar = await serve(t, path, {
    // Its first line comes before it listens.
    onFirstLine(signal) {
      signal('SIGUSR2');
      signal('SIGTERM');
    },
  });
  assert.equal(await sidecar.ended, 0);
  const events = sidecar.lines.map(({ event }) => event);
  assert.ok(events.includes('ready') && events.includes('paused') && events.includes('stopped'));
});

test('a file that changes is taken over without a signal, and a broken one is refused', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const path = join(await temporaryFolder(t), 'twinspan.json');
  await writeFile(path, servedFile(shadow.url));
  const { sidecar, exchange } = await running(t, path);
  // Editors write beside and rename over.
  await writeFile(`${path}.new`, servedFile(shadow.url, { paused: true }));
  await rename(`${path}.new`, path);
  assert.deepEqual((await sidecar.logged('reloaded'))['changed'], ['paused']);
  await exchange();
  const before = await sidecar.status();
  assert.deepEqual(before.exchanges.outcomes, { paused: 1 });
  const seen = sidecar.lines.length;
  await writeFile(path, '{"routes": 5}');
  await sidecar.logged('reload_refused', seen);
  const after = await sidecar.status();
  assert.equal(after.configHash, before.configHash);
  assert.equal(after.paused, true);
});

test('a file that is cut while it is written leaves the old configuration, and the rest of it is taken over', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const path = join(await temporaryFolder(t), 'twinspan.json');
  await writeFile(path, servedFile(shadow.url, { paused: true }));
  const { sidecar } = await running(t, path);
  const next = servedFile(shadow.url, { paused: true, expires: '2099-01-01' });
  const half = Math.floor(next.length / 2);
  // A writer that takes its time, in place.
  const file = await open(path, 'w');
  await file.writeFile(next.slice(0, half));
  await sidecar.logged('reload_refused');
  assert.equal((await sidecar.status()).paused, true);
  await file.writeFile(next.slice(half));
  await file.close();
  assert.deepEqual((await sidecar.logged('reloaded'))['changed'], ['expires']);
});

test('the swap of a ConfigMap counts as a change, and SIGHUP asks for one', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const directory = await temporaryFolder(t);
  // As kubelet lays a volume: the file is a link into ..data, which is a link to a folder with a date.
  for (const [name, more] of [
    ['..1', {}],
    ['..2', { paused: true }],
  ] as const) {
    await mkdir(join(directory, name));
    await writeFile(join(directory, name, 'twinspan.json'), servedFile(shadow.url, more));
  }
  await symlink('..1', join(directory, '..data'));
  await symlink(join('..data', 'twinspan.json'), join(directory, 'twinspan.json'));
  const { sidecar } = await running(t, join(directory, 'twinspan.json'));
  await symlink('..2', join(directory, '..data_tmp'));
  await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  assert.deepEqual((await sidecar.logged('reloaded'))['changed'], ['paused']);
  const seen = sidecar.lines.length;
  await rm(join(directory, '..2', 'twinspan.json'));
  sidecar.signal('SIGHUP');
  await sidecar.logged('reload_refused', seen);
});
