/**
 * Cause: SIGUSR1 makes Node open its debugger on loopback, where every process of the machine or pod may then read and
 * change what twinspan holds of customers.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

import { freePorts } from '../kit/free-ports.ts';
import { httpService, json } from '../kit/http-service.ts';
import { servedFile, temporaryFolder } from '../kit/serve.ts';

const repository = resolve(import.meta.dirname, '..', '..');

for (const [how, start] of [
  ['node src/main.ts', ['src/main.ts']],
  ['node bin/twinspan.js', ['bin/twinspan.js']],
  ['node --disable-sigusr1 bin/twinspan.js', ['--disable-sigusr1', 'bin/twinspan.js']],
] as const) {
  test(`SIGUSR1 opens no debugger of ${how}, and twinspan goes on`, async (t) => {
    const shadow = await httpService(t, json({ a: 1 }));
    const path = join(await temporaryFolder(t), 'twinspan.json');
    await writeFile(path, servedFile(shadow.url));
    const [port] = await freePorts(1);
    const child = spawn(
      process.execPath,
      [`--inspect-port=${port}`, ...start, 'serve', '--config', path],
      { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const closed = once(child, 'close') as Promise<[number | null]>;
    t.after(async () => {
      child.kill('SIGKILL');
      await closed;
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const events: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const { event } = JSON.parse(line) as { event: string };
      events.push(event);
      if (event === 'ready') {
        child.kill('SIGUSR1');
        child.kill('SIGUSR2');
      }
      if (event !== 'paused') continue;
      // What opens a debugger is a thread of its own, which has had the time of a whole request by now.
      await fetch(shadow.url);
      await assert.rejects(fetch(`http://127.0.0.1:${port}/json/version`));
      child.kill('SIGTERM');
    }
    assert.deepEqual(await closed, [0, null]);
    assert.equal(errors, '');
    const handled = !start.some((option) => option === '--disable-sigusr1');
    assert.equal(events.includes('signal_ignored'), handled);
  });
}
