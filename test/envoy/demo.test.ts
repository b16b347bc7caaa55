/**
 * The demo as a visitor starts it, kept short: version 1 beside itself is found ready for a canary, version 2 gets a
 * verdict, then the shadow and twinspan itself are killed under load, on a real Envoy. What it prints is what is
 * asserted.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

const phases = ['quiet', 'shadow killed', 'shadow back', 'twinspan killed', 'twinspan back'];

test(
  'the demo: version 1 beside itself is ready for a canary, version 2 is judged, shadow and twinspan are killed, and no customer gets an error',
  { timeout: 300_000 },
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

    const [first = '', second = '', third = ''] = output
      .split(/^(?:First|Second|Third) act/m)
      .slice(1);
    for (const act of [first, second]) {
      assert.match(act, /^ {2}[\d,]+ requests {3}0 errors/m, output);
      assert.match(act, /exchanges ✓ {3}shadow ✓ {3}spans ✓/);
    }
    assert.doesNotMatch(first, /^ {2}mismatch/m);
    assert.match(first, /^ {2}promote: ready for a canary$/m);
    assert.match(second, /^ {2}live \\ shadow +setosa +versicolor +virginica$/m);
    assert.match(second, /^ {2}twinspan\.pair .*[^]*├─ POST .* live .*[^]*└─ POST .* shadow /m);
    assert.match(second, /^ {2}(promote|reject|hold|collecting): /m);
    assert.match(second, /^ {2}next: /m);

    const lines = third.split('\n').map((line) => line.trim());
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
    assert.match(third, /^Version 1 beside itself: promote\. Version 2: \w+\.$/m);
    assert.match(third, /Customers noticed nothing, and the books agree\./);
    t.diagnostic(`p99 ms: ${p99s.join(', ')}`);
  },
);
