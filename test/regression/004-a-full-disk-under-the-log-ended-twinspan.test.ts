/**
 * Cause: a write error of the log's stream (ENOSPC, EFBIG) was an 'error' event without a listener, and the handler of
 * uncaught exceptions logged it, which failed in the same way: exit code 7, and none started again while the disk was full.
 */
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { ExtProcClient } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';
import { temporaryFolder } from '../kit/serve.ts';
import { unheard, type Unheard } from '../kit/unheard.ts';
import { until } from '../kit/until.ts';

function open(t: TestContext, path: string): number {
  const fd = openSync(path, 'w');
  t.after(() => closeSync(fd));
  return fd;
}

async function isCompared(t: TestContext, sidecar: Unheard): Promise<void> {
  const client = await ExtProcClient.connect(sidecar.extProc);
  t.after(() => client.close());
  await client.replay({
    request: { path: '/a' },
    response: { headers: [['content-type', 'application/json']], body: '{"a":1}' },
  });
  await until('the exchange to be compared', async () =>
    (await sidecar.status()).exchanges.outcomes['match'] === 1 ? true : undefined,
  );
}

test('on a full disk twinspan starts, follows, counts the lines that it lost, and ends with 0', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const sidecar = await unheard(t, { stdout: open(t, '/dev/full'), shadowUrl: shadow.url });
  await isCompared(t, sidecar);
  const before = await sidecar.linesLost();
  assert.ok(before >= 2, 'the lines of the start');
  sidecar.signal('SIGUSR2');
  await until('the line of the pause to be lost', async () =>
    (await sidecar.linesLost()) > before ? true : undefined,
  );
  sidecar.signal('SIGTERM');
  assert.equal(await sidecar.ended, 0);
});

test('a log file that may grow no more loses what comes, and keeps what it has', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const path = join(await temporaryFolder(t), 'log');
  const sidecar = await unheard(t, {
    stdout: open(t, path),
    shadowUrl: shadow.url,
    // In blocks of 512 bytes, or of 1 KiB in some shells.
    through: ['sh', '-c', 'ulimit -f 4; exec "$@"', 'sh'],
  });
  let lost = 0;
  while (lost === 0) {
    sidecar.signal('SIGUSR2');
    lost = await sidecar.linesLost();
  }
  assert.equal((await sidecar.resume()).status, 200);
  await isCompared(t, sidecar);
  sidecar.signal('SIGTERM');
  assert.equal(await sidecar.ended, 0);
  const lines = readFileSync(path, 'utf8').split('\n');
  for (const line of lines.slice(0, -1)) assert.ok(JSON.parse(line));
});

test('an error that nobody expected ends twinspan with 1, also when it cannot be logged', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const sidecar = await unheard(t, {
    stdout: open(t, '/dev/full'),
    shadowUrl: shadow.url,
    node: ['--import', join(import.meta.dirname, '../journey/crash-on-signal.ts')],
    env: { TWINSPAN_CRASH: 'exception' },
  });
  sidecar.signal('SIGWINCH');
  assert.equal(await sidecar.ended, 1);
});
