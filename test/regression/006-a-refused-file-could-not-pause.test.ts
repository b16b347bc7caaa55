/**
 * Cause: a file was refused whole, and `paused: true` in it with the rest: beside an unknown key, a syntax error, or a key
 * that needs a restart the switch did nothing. And `POST /v1/resume` answered `{"paused":false}` while the file held it.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { ExtProcClient } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';
import { serve, servedFile, temporaryFolder } from '../kit/serve.ts';

async function running(t: TestContext) {
  const shadow = await httpService(t, json({ a: 1 }));
  const path = join(await temporaryFolder(t), 'twinspan.json');
  await writeFile(path, servedFile(shadow.url));
  const sidecar = await serve(t, path);
  const client = await ExtProcClient.connect(sidecar.extProc);
  t.after(() => client.close());
  return {
    sidecar,
    shadow,
    exchange: () =>
      client.replay({
        request: { path: '/a' },
        response: { headers: [['content-type', 'application/json']], body: '{"a":1}' },
      }),
    /** Writes the file, and resolves when it was refused or taken over. */
    async write(content: string, event: 'reloaded' | 'reload_refused') {
      const before = sidecar.lines.length;
      await writeFile(path, content);
      return sidecar.logged(event, before);
    },
    async resume() {
      const response = await fetch(`http://${sidecar.admin}/v1/resume`, { method: 'POST' });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
  };
}

const elsewhere = 'http://127.0.0.1:1';

for (const [what, content] of [
  ['a key that needs a restart', () => servedFile(elsewhere, { paused: true })],
  ['an unknown key', (url: string) => servedFile(url, { paused: true, unknown: 1 })],
  ['a syntax error below it', (url: string) => `paused: true\nshadow: {url: "${url}"\n\t- x: [\n`],
  [
    'paused: false after it',
    (url: string) => `paused: true\npaused: false\nshadow: {url: "${url}"}`,
  ],
] as const) {
  test(`paused: true beside ${what} stops what goes to the shadow, until a file without it is taken over`, async (t) => {
    const { sidecar, shadow, exchange, write, resume } = await running(t);
    const { configHash } = await sidecar.status();
    await write(content(shadow.url), 'reload_refused');
    const paused = await sidecar.logged('paused');
    assert.equal(paused['by'], 'file');
    await exchange();
    const books = await sidecar.status();
    assert.deepEqual([books.paused, books.configHash], [true, configHash]);
    assert.deepEqual(books.exchanges.outcomes, { paused: 1 });
    assert.equal(shadow.asked.length, 0);

    const answer = await resume();
    assert.equal(answer.status, 409);
    assert.deepEqual([answer.body['paused'], answer.body['heldBy']], [true, 'file']);
    assert.equal((await sidecar.status()).paused, true);

    await write(servedFile(shadow.url, { expires: '2099-01-01' }), 'reloaded');
    assert.equal((await sidecar.status()).paused, false);
    await exchange();
    await sidecar.settled(2);
    assert.equal(shadow.asked.length, 1);
  });
}

test('a refused file without paused: true lets nothing go on, but then resume does', async (t) => {
  const { sidecar, shadow, write, resume } = await running(t);
  await write(servedFile(shadow.url, { paused: true, unknown: 1 }), 'reload_refused');
  await write(servedFile(shadow.url, { paused: false, unknown: 1 }), 'reload_refused');
  assert.equal((await sidecar.status()).paused, true);
  const answer = await resume();
  assert.deepEqual([answer.status, answer.body], [200, { paused: false }]);
  assert.equal((await sidecar.status()).paused, false);
});

test('resume says that the file holds the pause, and what the operator paused ends with it', async (t) => {
  const { sidecar, shadow, write, resume } = await running(t);
  await write(servedFile(shadow.url, { paused: true }), 'reloaded');
  sidecar.signal('SIGUSR2');
  await sidecar.logged('paused');
  const { status, body } = await resume();
  assert.equal(status, 409);
  assert.deepEqual([body['paused'], body['heldBy']], [true, 'file']);
  assert.match(String(body['error']), /paused: true/);
  assert.ok(!sidecar.lines.some(({ event }) => event === 'resumed'));
  await write(servedFile(shadow.url), 'reloaded');
  assert.equal((await sidecar.status()).paused, false);
});
