/** Two processes behind the shipped cluster are restarted one after the other, under load. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { parse } from 'yaml';

import type { JsonObject } from '../../demo/envoy-config.ts';
import { startApp, type App } from '../../src/app.ts';
import { createLog } from '../../src/base/log.ts';
import type { Status } from '../../src/status.ts';
import { demoEnvoy } from '../kit/demo-envoy.ts';
import { httpService, json } from '../kit/http-service.ts';
import { configOf } from '../kit/twinspan.ts';

test('a rolling restart of two processes loses no exchange', async (t) => {
  const live = await httpService(t, json({ a: 1 }));
  const shadow = await httpService(t, json({ a: 1 }));
  const start = (listen: string): Promise<App> => {
    const { config, hash } = configOf({
      listen,
      shadow: { url: shadow.url },
      // Two health checks of the shipped cluster, as its comment says.
      shutdown: { delay: '2500ms' },
    });
    return startApp({ config, configHash: hash, env: {}, log: createLog({ level: 'silent' }) });
  };
  const apps = [await start('127.0.0.1:0'), await start('127.0.0.1:0')];
  const ended: Status[] = [];
  t.after(async () => {
    for (const app of apps) await app.stop();
  });
  const addresses = apps.map((app) => app.addresses.extProc);

  const cluster = parse(
    readFileSync(join(import.meta.dirname, '../../envoy/cluster-several-processes.yaml'), 'utf8'),
  ) as JsonObject;
  const endpoints = addresses.map((address) => ({
    endpoint: {
      address: {
        socket_address: { address: '127.0.0.1', port_value: Number(address.split(':')[1]) },
      },
    },
  }));
  const envoy = await demoEnvoy(t, {
    live: `127.0.0.1:${live.port}`,
    shadow: `127.0.0.1:${shadow.port}`,
    twinspan: addresses[0]!,
    overrides: {
      twinspanCluster: {
        ...cluster,
        load_assignment: { cluster_name: 'twinspan', endpoints: [{ lb_endpoints: endpoints }] },
      },
    },
  });
  const stat = async (name: string): Promise<number> => {
    const text = await (await fetch(`http://${envoy.admin}/stats?filter=${name}`)).text();
    return text
      .split('\n')
      .reduce(
        (sum, line) => sum + (line.includes(`${name}: `) ? Number(line.split(': ')[1]) : 0),
        0,
      );
  };
  const healthy = async (count: number): Promise<void> => {
    while ((await stat('cluster.twinspan.membership_healthy')) !== count) await setTimeout(50);
  };
  await healthy(2);

  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  let loading = true;
  let customers = 0;
  const load = (async () => {
    while (loading) {
      customers += 1;
      const status = await new Promise((resolve, reject) => {
        const request = get(
          `http://${envoy.listeners['ingress']}/item/${customers}`,
          { agent },
          (response) => {
            response.resume();
            response.on('end', () => resolve(response.statusCode));
          },
        );
        request.on('error', reject);
      });
      assert.equal(status, 200);
      await setTimeout(5);
    }
  })();

  for (const index of [0, 1]) {
    const app = apps[index]!;
    await app.stop();
    ended.push(app.status());
    apps[index] = await start(addresses[index]!);
    await healthy(2);
    while (apps[index].status().exchanges.seen === 0) await setTimeout(20);
  }
  loading = false;
  await load;
  for (const app of apps) {
    await app.stop();
    ended.push(app.status());
  }

  const seen = ended.reduce((sum, { exchanges }) => sum + exchanges.seen, 0);
  const matched = ended.reduce((sum, { exchanges }) => sum + (exchanges.outcomes['match'] ?? 0), 0);
  t.diagnostic(
    `${customers} customers, seen by process: ${ended.map((s) => s.exchanges.seen).join(', ')}`,
  );
  assert.equal(seen, customers, 'every exchange is seen by one of the four processes');
  assert.equal(matched, customers, 'and compared');
  assert.equal(shadow.asked.length, customers, 'each was sent once');
  assert.equal(await stat('streams_failed'), 0);
  for (const { balance, exchanges } of ended) {
    assert.deepEqual(balance, { exchanges: true, shadow: true, spans: true });
    assert.equal(exchanges.in_flight, 0);
    assert.ok(exchanges.seen > 0, 'each process had its share');
  }
});
