/**
 * `twinspan_coverage_gap`: the share of the exchanges which Envoy's filter began and twinspan never saw. One customer in
 * eight asks by a listener whose filter is refused, and one in eight by a listener whose filter has nowhere to connect to
 * (Envoy counts these two differently), in turn with those whose filter finds twinspan: the share is a quarter over any
 * stretch of time. Over the ten seconds of a reading, 400 exchanges, the two processes are not read at
 * one instant: the tolerance is 0.03.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { closedPort, cluster, envoy, filterTo, route, twinspanCluster } from '../kit/envoy.ts';
import { freePorts } from '../kit/free-ports.ts';
import { httpService, json } from '../kit/http-service.ts';
import { customersOf, openLoop } from '../kit/open-loop.ts';
import { serve, servedFile, temporaryFolder } from '../kit/serve.ts';
import { until } from '../kit/until.ts';

const metric = 'twinspan_coverage_gap';
const missedShare = 0.25;
const tolerance = 0.03;

test('the share that Envoy could not deliver is the coverage gap, also of a twinspan that was killed and is back', async (t) => {
  const live = await httpService(t, json({ a: 1 }));
  const shadow = await httpService(t, json({ a: 1 }));
  // Envoy knows where twinspan will be, and twinspan where Envoy is.
  const [port] = await freePorts(1);
  const running = await envoy(t, {
    listeners: {
      seen: { routes: [route('/', 'live')] },
      refused: { routes: [route('/', 'live')], filter: filterTo('nobody') },
      nowhere: { routes: [route('/', 'live')], filter: filterTo('empty') },
    },
    clusters: [
      cluster('live', live.port),
      twinspanCluster(`127.0.0.1:${port}`),
      twinspanCluster(`127.0.0.1:${closedPort}`, { name: 'nobody' }),
      cluster('empty', undefined, { http2: true }),
    ],
  });
  const path = join(await temporaryFolder(t), 'twinspan.json');
  await writeFile(
    path,
    servedFile(shadow.url, {
      listen: `127.0.0.1:${port}`,
      envoy: { adminUrl: `http://${running.admin}` },
    }),
  );
  const first = await serve(t, path);
  const seen = customersOf(t, running.listeners['seen']!);
  const refused = customersOf(t, running.listeners['refused']!);
  const nowhere = customersOf(t, running.listeners['nowhere']!);
  const turns = [refused, seen, seen, seen, nowhere, seen, seen, seen];
  const load = openLoop(t, 40, (number) => turns[number % turns.length]!(`/${number}`));
  assert.equal(await first.gauge(metric), undefined, 'one reading says nothing');
  const gap = await until(metric, () => first.gauge(metric));

  // What passes unseen now nobody counts: the new process compares what was since its own start.
  first.signal('SIGKILL');
  await first.ended;
  const without = load.begun + 40;
  await until('customers', () => load.begun >= without || undefined);
  const second = await serve(t, path);
  const gapAfter = await until(metric, () => second.gauge(metric));
  await load.stop();

  t.diagnostic(`${metric} ${gap}, after the kill ${gapAfter}; ${missedShare} was missed`);
  for (const value of [gap, gapAfter]) {
    assert.ok(Math.abs(value - missedShare) <= tolerance, String(value));
  }
  assert.deepEqual(
    load.failures,
    [],
    'customers are served with twinspan, without it and by nobody',
  );
});

test('without envoy.adminUrl there is no coverage gap to read', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const path = join(await temporaryFolder(t), 'twinspan.json');
  await writeFile(path, servedFile(shadow.url));
  const sidecar = await serve(t, path);
  const text = await (await fetch(`http://${sidecar.admin}/metrics`)).text();
  assert.match(text, /^twinspan_exchanges_seen_total 0$/m);
  assert.ok(!text.includes(metric));
});
