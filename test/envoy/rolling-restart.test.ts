/**
 * Two processes of twinspan behind one real Envoy, by the shipped cluster, are restarted one after the other while many
 * customers come and go at a constant rate. At the end the books of the four processes are held against each other's and
 * against Envoy's own count.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { parse } from 'yaml';

import type { JsonObject } from '../../demo/envoy-config.ts';
import type { Status } from '../../src/status.ts';
import { demoEnvoy } from '../kit/demo-envoy.ts';
import { freePorts } from '../kit/free-ports.ts';
import { httpService } from '../kit/http-service.ts';
import { customersOf, openLoop } from '../kit/open-loop.ts';
import { serve, servedFile, temporaryFolder, type ServedTwinspan } from '../kit/serve.ts';
import { until } from '../kit/until.ts';

/** Customers a second. */
const rate = 150;
const leastCustomers = 8 * rate;
/** Each process sees at least so many exchanges. */
const share = 100;
/** Live takes this long, so that exchanges are always open when a process is told to end. */
const liveMs = 40;

/** What `/status` and the last line of a process have in common. */
type Books = Pick<Status, 'exchanges' | 'balance'>;

test('a rolling restart of two processes under load loses no exchange', async (t) => {
  const body = '{"a":1}';
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const live = await httpService(t, (_request, response) => {
    void setTimeout(liveMs).then(() => response.writeHead(200, headers).end(body));
  });
  const shadow = await httpService(t, (_request, response) => {
    response.writeHead(200, headers).end(body);
  });
  const folder = await temporaryFolder(t);
  const ports = await freePorts(2);
  const start = async (port: number): Promise<ServedTwinspan> => {
    const path = join(folder, `${port}.json`);
    // The delay is two health checks of the shipped cluster, as its comment says.
    const shutdown = { delay: '2500ms', deadline: '60s' };
    await writeFile(path, servedFile(shadow.url, { listen: `127.0.0.1:${port}`, shutdown }));
    return serve(t, path);
  };
  const processes = await Promise.all(ports.map(start));

  const cluster = parse(
    readFileSync(join(import.meta.dirname, '../../envoy/cluster-several-processes.yaml'), 'utf8'),
  ) as JsonObject;
  const endpoints = ports.map((port_value) => ({
    endpoint: { address: { socket_address: { address: '127.0.0.1', port_value } } },
  }));
  const envoy = await demoEnvoy(t, {
    live: `127.0.0.1:${live.port}`,
    shadow: `127.0.0.1:${shadow.port}`,
    twinspan: `127.0.0.1:${ports[0]}`,
    overrides: {
      twinspanCluster: {
        ...cluster,
        load_assignment: { cluster_name: 'twinspan', endpoints: [{ lb_endpoints: endpoints }] },
      },
    },
  });
  /** The sum of Envoy's counters or gauges of this name. */
  const stat = async (name: string): Promise<number> => {
    const text = await (await fetch(`http://${envoy.admin}/stats?filter=${name}$`)).text();
    return text
      .split('\n')
      .reduce((sum, line) => sum + (line === '' ? 0 : Number(line.split(': ')[1])), 0);
  };
  const bothAreHealthy = (): Promise<true> =>
    until('both processes to be healthy', async () => {
      return (await stat('cluster.twinspan.membership_healthy')) === 2 || undefined;
    });
  await bothAreHealthy();

  const ended: Books[] = [];
  const ask = customersOf(t, envoy.listeners['ingress']!);
  const load = openLoop(t, rate, (number) => ask(`/${number}`));
  for (const [index, port] of ports.entries()) {
    const old = processes[index]!;
    await until('its share, and an open exchange', async () => {
      const { seen, in_flight } = (await old.status()).exchanges;
      return (seen >= share && in_flight > 0) || undefined;
    });
    old.signal('SIGTERM');
    assert.equal(await old.ended, 0);
    ended.push((await old.logged('stopped')) as unknown as Books);
    const replacement = await start(port);
    processes[index] = replacement;
    await bothAreHealthy();
    await until('the share of the new process', async () => {
      return (await replacement.status()).exchanges.seen >= share || undefined;
    });
  }
  await until('enough customers', () => load.begun >= leastCustomers || undefined);
  await load.stop();
  for (const process of processes) ended.push(await process.settled(1));

  assert.deepEqual(load.failures, [], 'no customer failed');
  for (const { balance, exchanges } of ended) {
    const outcomes = Object.values(exchanges.outcomes).reduce((sum, count) => sum + count, 0);
    assert.equal(exchanges.seen, outcomes + exchanges.in_flight);
    assert.equal(exchanges.in_flight, 0);
    assert.ok(Object.values(balance).every(Boolean), JSON.stringify(balance));
    assert.ok(exchanges.seen >= share);
  }
  const seen = ended.reduce((sum, { exchanges }) => sum + exchanges.seen, 0);
  const matched = ended.reduce((sum, { exchanges }) => sum + (exchanges.outcomes['match'] ?? 0), 0);
  const started = await stat('http.ingress.ext_proc.twinspan.streams_started');
  // Envoy does not begin what it has nowhere to send; it counts that as failed alone.
  const failed = await stat('http.ingress.ext_proc.twinspan.streams_failed');
  const nowhere = await stat('cluster.twinspan.upstream_cx_none_healthy');
  t.diagnostic(
    `${load.begun} customers, ${started} streams by Envoy's count, ${failed} without a healthy process, ` +
      `seen by process: ${ended.map(({ exchanges }) => exchanges.seen).join(', ')}`,
  );
  // A machine that keeps a process waiting for a second makes Envoy call it unhealthy: then none may be left.
  assert.equal(failed, nowhere, 'no stream failed but for want of a healthy process');
  assert.equal(started, load.begun - nowhere, 'Envoy began a stream for each other customer');
  assert.equal(seen, started, 'every stream was seen by one of the four processes');
  assert.equal(matched, seen, `and compared: ${JSON.stringify(ended, undefined, 1)}`);
  assert.equal(shadow.asked.length, seen, 'each was sent once');
});
