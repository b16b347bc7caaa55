/**
 * Cause: the log was written by calls that block. A reader who stood still let the pipe fill, after 64 KiB, and the next
 * line stopped the event loop until somebody read.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { httpService, json } from '../kit/http-service.ts';
import { namedPipe, readPipe } from '../kit/named-pipe.ts';
import { unheard, type Unheard } from '../kit/unheard.ts';
import { until } from '../kit/until.ts';

/** A file that is refused with a line of some 16 KB. */
const wrong = JSON.stringify(
  Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`wrong-${index}`, 1])),
);

/** Asks for the long line again and again until one was lost; each round shows that twinspan answers. */
async function fill(sidecar: Unheard): Promise<void> {
  await sidecar.write(wrong);
  for (let round = 0; (await sidecar.linesLost()) === 0; round += 1) {
    assert.ok(round < 10_000, 'what waits for a reader is bounded');
    sidecar.signal('SIGHUP');
  }
}

async function started(t: TestContext, stdout: number | 'pipe'): Promise<Unheard> {
  const shadow = await httpService(t, json({ a: 1 }));
  return unheard(t, { stdout, shadowUrl: shadow.url });
}

test('a pipe that nobody reads loses lines and stops nothing; who reads again finds them in order, and the gap', async (t) => {
  const pipe = await namedPipe(t);
  const reader = pipe.open('read');
  const sidecar = await started(t, pipe.open('both', 'blocking'));
  await fill(sidecar);
  let text = '';
  const read = (event: string): Promise<true> =>
    until(event, () => {
      text += readPipe(reader);
      return text.includes(`"event":"${event}"`) ? true : undefined;
    });
  await until('what had waited', () => {
    const part = readPipe(reader);
    text += part;
    return text.length > 1024 * 1024 - 32_768 ? true : undefined;
  });
  sidecar.signal('SIGUSR2');
  await read('paused');
  const lost = await sidecar.linesLost();
  sidecar.signal('SIGTERM');
  await read('stopped');
  assert.equal(await sidecar.ended, 0);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; time: string; lines?: number });
  const events = lines.map(({ event }) => event);
  const gap = events.indexOf('log_lines_lost');
  assert.equal(lines[gap]?.lines, lost);
  assert.ok(events.indexOf('ready') < gap && gap < events.indexOf('paused'));
  assert.equal(events.at(-1), 'stopped');
  const times = lines.filter(({ event }) => event !== 'log_lines_lost').map(({ time }) => time);
  assert.deepEqual(times, times.toSorted());
});

test('a socket that nobody reads stops nothing either, and does not hold up the end for long', async (t) => {
  // Between two Nodes a pipe is a pair of sockets, and unread without a listener.
  const sidecar = await started(t, 'pipe');
  await fill(sidecar);
  assert.equal((await sidecar.status()).paused, false);
  sidecar.signal('SIGTERM');
  assert.equal(await sidecar.ended, 0);
});
