/**
 * The demo as a visitor starts it, kept short: in its second act the shadow and then twinspan itself are killed under
 * load, on a real Envoy. What it prints is what is asserted.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

const phases = ['quiet', 'shadow killed', 'shadow back', 'twinspan killed', 'twinspan back'];

test(
  "the demo's second act: shadow and twinspan are killed, and no customer gets an error",
  { timeout: 180_000 },
  async (t) => {
    const program = join(import.meta.dirname, '../../bin/twinspan.js');
    const demo = spawn(process.execPath, [program, 'demo', '--seconds', '3'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(async () => {
      if (demo.exitCode !== null || demo.signalCode !== null) return;
      // It ends what it has started.
      demo.kill('SIGTERM');
      await once(demo, 'exit');
    });
    let output = '';
    for (const stream of [demo.stdout, demo.stderr]) {
      stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
    }
    const [code] = (await once(demo, 'close')) as [number | null];
    assert.equal(code, 0, output);

    const lines = output.split('\n').map((line) => line.trim());
    const titles = lines.find((line) => /^customers +sent +errors +p50 ms +p99 ms /.test(line));
    assert.ok(titles !== undefined, output);
    const p99s: string[] = [];
    for (const phase of phases) {
      const numbers = new RegExp(`^${phase} +([\\d,]+) +([\\d,]+) +([\\d.,]+) +([\\d.,]+) `);
      const [, sent, errors, , p99] = lines.map((line) => numbers.exec(line)).find(Boolean) ?? [];
      assert.ok(Number(sent?.replace(',', '')) > 0, `${phase}: customers asked\n${output}`);
      assert.equal(errors, '0', `${phase}: none of them got an error`);
      assert.ok(Number(p99?.replace(',', '')) > 0, `${phase}: its p99 stands beside the others`);
      p99s.push(`${phase} ${p99}`);
    }
    assert.match(output, /Customers noticed nothing, and the books agree\./);
    t.diagnostic(`p99 ms: ${p99s.join(', ')}`);
  },
);
