/** The short form of the fault suite: some of its rows, for a minute. The whole of it is `npm run test:faults`. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

test('no fault reaches a customer, and nothing is lost without a name', async (t) => {
  const suite = spawn(process.execPath, [join(import.meta.dirname, 'run.ts'), '--short'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => void suite.kill());
  let output = '';
  for (const stream of [suite.stdout, suite.stderr]) {
    stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  }
  const [exitCode] = (await once(suite, 'exit')) as [number | null];
  t.diagnostic(output);
  assert.equal(exitCode, 0, output);
});
