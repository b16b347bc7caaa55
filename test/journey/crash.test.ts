/** What nobody expected ends the process, so that a supervisor starts another: the cause is in the log, customers are not. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { ExtProcClient } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';
import { serve, servedFile, temporaryFolder } from '../kit/serve.ts';

const secret = 'hunter2';

/** What a process says, and how it ends, that meets the fault after it has seen an exchange. */
async function crash(t: TestContext, fault: 'exception' | 'rejection' | 'invariant') {
  const shadow = await httpService(t, json({ a: 1 }));
  const path = join(await temporaryFolder(t), 'twinspan.json');
  await writeFile(path, servedFile(shadow.url));
  const sidecar = await serve(t, path, {
    modules: [join(import.meta.dirname, 'crash-on-signal.ts')],
    env: { TWINSPAN_CRASH: fault },
  });
  const client = await ExtProcClient.connect(sidecar.extProc);
  t.after(() => client.close());
  await client.replay({
    request: { path: `/${secret}`, headers: [['authorization', secret]] },
    response: { headers: [['content-type', 'application/json']], body: `{"a":"${secret}"}` },
  });
  await sidecar.settled(1);
  sidecar.signal('SIGWINCH');
  const code = await sidecar.ended;
  const { lines } = sidecar;
  assert.ok(!JSON.stringify(lines).includes(secret), 'nothing of customers is in the log');
  return { code, lines, last: lines.at(-1)! };
}

test('an exception that nobody caught is logged with where it came from, and the process ends with 1', async (t) => {
  const { code, last } = await crash(t, 'exception');
  assert.equal(code, 1);
  assert.equal(last.event, 'crashed');
  assert.equal(last['level'], 'fatal');
  assert.equal(last['kind'], 'uncaughtException');
  assert.equal(last['error'], 'SyntaxError: (withheld)');
  assert.match(String((last['at'] as string[])[1]), /crash-on-signal\.ts:\d+:\d+/);
});

test('a rejection that nobody handled is logged, and the process ends with 1', async (t) => {
  const { code, last } = await crash(t, 'rejection');
  assert.equal(code, 1);
  assert.equal(last.event, 'crashed');
  assert.equal(last['kind'], 'unhandledRejection');
  assert.equal(last['error'], 'TypeError: cannot read "…"');
});

test('books that do not agree are logged with the cause, and the process ends with 1', async (t) => {
  const { code, lines, last } = await crash(t, 'invariant');
  assert.equal(code, 1);
  const violated = lines.find(({ event }) => event === 'invariant_violated')!;
  assert.match(
    String(violated['message']),
    /an exchange that ended as \w+ ended again as internal/,
  );
  assert.equal(last.event, 'crashed');
  assert.equal(last['kind'], 'invariant');
  assert.equal(last['error'], violated['message']);
});
