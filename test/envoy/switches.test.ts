/**
 * The switches that stop what goes to the shadow, thrown again and again while 200 customers a second are served by a
 * real Envoy. Two things are asked of each. Always: nothing of what customers begin once the switch has said that it is
 * thrown reaches the shadow. And the time from the hand on the switch to the last request at the shadow, which a machine
 * that others use can lengthen and nothing can shorten: the least of several is at most 100 ms.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { demoEnvoy } from '../kit/demo-envoy.ts';
import { httpService, json } from '../kit/http-service.ts';
import { customersOf, openLoop } from '../kit/open-loop.ts';
import { serve, servedFile, temporaryFolder, type ServedTwinspan } from '../kit/serve.ts';
import { until } from '../kit/until.ts';

const boundMs = 100;
const times = 5;
/** More of them only while a busy machine has not let one be quick. */
const mostTimes = 20;
/** Customers who begin after the switch was thrown. */
const customersAfter = 40;

interface Bench {
  readonly sidecar: ServedTwinspan;
  /** Replaces twinspan's file in place. */
  write(sections: object): Promise<void>;
}

interface Switch {
  readonly name: string;
  /** Resolves when the switch says that it is thrown. */
  readonly off: (bench: Bench) => Promise<unknown>;
  readonly on: (bench: Bench) => Promise<unknown>;
}

const post = async ({ sidecar }: Bench, path: string): Promise<void> => {
  const answer = await fetch(`http://${sidecar.admin}${path}`, { method: 'POST' });
  assert.ok(answer.ok);
  await answer.arrayBuffer();
};
const file = async ({ sidecar, write }: Bench, paused: boolean): Promise<unknown> => {
  const before = sidecar.lines.length;
  await write({ paused });
  return sidecar.logged('reloaded', before);
};
const resume = (bench: Bench): Promise<void> => post(bench, '/v1/resume');

const switches: readonly Switch[] = [
  {
    name: '`paused: true` written into the file',
    off: (bench) => file(bench, true),
    on: (bench) => file(bench, false),
  },
  { name: 'POST /v1/pause', off: (bench) => post(bench, '/v1/pause'), on: resume },
  {
    name: 'SIGUSR2',
    off({ sidecar }) {
      const before = sidecar.lines.length;
      sidecar.signal('SIGUSR2');
      return sidecar.logged('paused', before);
    },
    on: resume,
  },
];

for (const { name, off, on } of switches) {
  test(`${name} stops what goes to the shadow within 100 ms under load`, async (t) => {
    const live = await httpService(t, json({ a: 1 }));
    const arrivals: { readonly number: number; readonly atMs: number }[] = [];
    const shadow = await httpService(t, (request, response) => {
      arrivals.push({ number: Number(request.url.slice(1)), atMs: performance.now() });
      json({ a: 1 })(request, response);
    });
    const path = join(await temporaryFolder(t), 'twinspan.json');
    const write = (sections: object): Promise<void> =>
      writeFile(path, servedFile(shadow.url, sections));
    await write({});
    const sidecar = await serve(t, path);
    const bench: Bench = { sidecar, write };
    const envoy = await demoEnvoy(t, {
      live: `127.0.0.1:${live.port}`,
      shadow: `127.0.0.1:${shadow.port}`,
      twinspan: sidecar.extProc,
    });
    const ask = customersOf(t, envoy.listeners['ingress']!);

    const reactionsMs: number[] = [];
    let customers = 0;
    const isQuick = (): boolean => Math.min(...reactionsMs) <= boundMs;
    while (reactionsMs.length < times || (reactionsMs.length < mostTimes && !isQuick())) {
      const from = customers;
      const load = openLoop(t, 200, (number) => ask(`/${from + number}`));
      const flowing = arrivals.length + 20;
      await until('requests at the shadow', () => arrivals.length >= flowing || undefined);

      const thrownMs = performance.now();
      await off(bench);
      const first = from + load.begun;
      const enough = first + customersAfter;
      await until('customers', () => from + load.begun >= enough || undefined);
      await load.stop();
      customers += load.begun;
      assert.deepEqual(load.failures, []);
      const { exchanges } = await sidecar.settled(customers);

      assert.deepEqual(
        arrivals.filter(({ number }) => number >= first),
        [],
        'nothing that began after the switch was thrown',
      );
      const lastMs = arrivals.at(-1)!.atMs;
      reactionsMs.push(Math.max(0, lastMs - thrownMs));
      assert.ok(exchanges.outcomes['paused']! >= customersAfter * reactionsMs.length);
      await on(bench);
    }
    t.diagnostic(`ms to the last request: ${reactionsMs.map((ms) => ms.toFixed(0)).join(', ')}`);
    assert.ok(isQuick(), reactionsMs.join(', '));
  });
}
