import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { startProcess, type RunningProcess } from '../../../../demo/child-process.ts';
import { getJson } from '../../../../demo/http-json.ts';
import type { ListeningLine } from '../../../../demo/models/serve-model.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twinspan-serve-model-'));
});
after(() => rm(folder, { recursive: true, force: true }));

function start(...flags: readonly string[]): Promise<RunningProcess<ListeningLine>> {
  return startProcess({
    name: 'the model',
    command: process.execPath,
    args: [join(import.meta.dirname, '../../../../demo/models/serve-model.ts'), ...flags],
    logPath: join(folder, 'model.log'),
    ready: (line) => (line.startsWith('{') ? (JSON.parse(line) as ListeningLine) : undefined),
  });
}

test('the process says where it listens and how good it is, answers, and ends with 0 on SIGTERM', async () => {
  const model = await start('--model', 'iris-neighbours', '--port', '0');
  const { event, port, version, heldOutAccuracy } = model.ready;
  assert.deepEqual({ event, version }, { event: 'listening', version: '2' });
  assert.ok(heldOutAccuracy > 0.9 && heldOutAccuracy < 1);
  assert.deepEqual(await getJson(`http://127.0.0.1:${port}/v1/models/iris`), {
    name: 'iris',
    ready: true,
  });
  assert.deepEqual(await model.stop(), { code: 0, signal: undefined });
});

for (const flags of [
  ['--model', 'iris-forest'],
  ['--model', 'iris-tree', '--port', '99999'],
  ['--colour', 'red'],
]) {
  test(`${flags.join(' ')} ends with 2 and the usage`, async () => {
    await assert.rejects(start(...flags), /exit code 2[\s\S]*usage: /);
  });
}
