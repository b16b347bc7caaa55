import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';

import { readEnvoyCounters, watchCoverage } from '../../../src/report/envoy-counters.ts';
import { httpService } from '../../kit/http-service.ts';

async function envoyAdmin(t: Parameters<typeof httpService>[0], stats: () => string) {
  return httpService(t, (_asked, response) => response.end(stats()));
}

test('the counters of the filter are read from the admin interface', async (t) => {
  const admin = await envoyAdmin(t, () =>
    ['http.in.ext_proc.streams_started: 7', 'http.in.ext_proc.streams_failed: 2', ''].join('\n'),
  );
  assert.deepEqual(await readEnvoyCounters(admin.url), { started: 7, failed: 2 });
  assert.equal(admin.asked[0]?.url, '/stats?filter=ext_proc');
});

test('an answer that is not 200 is an error with its status', async (t) => {
  const admin = await httpService(t, (_asked, response) => {
    response.statusCode = 404;
    response.end();
  });
  await assert.rejects(readEnvoyCounters(admin.url), /answered 404/);
});

test('the gap is unknown at first, then what began and was not seen in the last period', async (t) => {
  let started = 100;
  let seen = 40;
  const admin = await envoyAdmin(t, () => {
    const stats = `http.in.ext_proc.streams_started: ${started}\n`;
    started += 10;
    seen += 9;
    return stats;
  });
  const troubles: unknown[] = [];
  const watch = watchCoverage({
    adminUrl: admin.url,
    counters: () => ({ seen, sent: seen }),
    periodMs: 5,
    onTrouble: (error) => troubles.push(error),
  });
  try {
    assert.equal(watch.gap(), undefined);
    while (watch.gap() === undefined && troubles.length === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(troubles, []);
    assert.equal(watch.gap(), 0.1);
  } finally {
    watch.stop();
  }
});

test('a read that is under way when the watch stops is cancelled, and nothing is told of it', async (t) => {
  let onAsked: (response: ServerResponse) => void;
  const asked = new Promise<ServerResponse>((resolve) => (onAsked = resolve));
  const admin = await httpService(t, (_asked, response) => onAsked(response));
  const heard: string[] = [];
  let onHeard: () => void;
  const hearing = new Promise<void>((resolve) => (onHeard = resolve));
  const watch = watchCoverage({
    adminUrl: admin.url,
    counters: () => {
      heard.push('an answer');
      onHeard();
      return { seen: 0, sent: 0 };
    },
    onTrouble: (error) => heard.push(String(error)),
  });
  const response = await asked;
  const closed = once(response.socket!, 'close');
  watch.stop();
  // A watch that still reads takes this for an answer; one that does not has closed the connection.
  response.end('http.in.ext_proc.streams_started: 1\n');
  await Promise.race([closed, hearing]);
  assert.deepEqual(heard, []);
});

test('an Envoy that cannot be read makes the gap unknown and is told of', async (t) => {
  const admin = await envoyAdmin({ after: (stop) => void ends.push(stop) }, () => '');
  for (const end of ends.splice(0)) await end();
  const trouble = await new Promise((resolve) => {
    const watch = watchCoverage({
      adminUrl: admin.url,
      counters: () => ({ seen: 0, sent: 0 }),
      onTrouble: resolve,
    });
    t.after(() => watch.stop());
  });
  assert.ok(trouble instanceof Error);
});
const ends: (() => Promise<void>)[] = [];
