/**
 * From noise to rules: a live service that varies by itself, a control that is the same service, and a shadow that
 * really differs. What `twinspan calibrate` prints is pasted into the configuration, after which live equals itself
 * and every real difference is still found.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';

import { parse } from 'yaml';

import type { NoiseReport } from '../../src/report/noise/report.ts';
import { ExtProcClient } from '../kit/ext-proc-client.ts';
import { httpService, type HttpService } from '../kit/http-service.ts';
import { configOf, twinspan, type TestTwinspan } from '../kit/twinspan.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

/** A service whose answers are never the same twice, though it has nothing else to say. */
function service(start = 0): (question: number) => Record<string, unknown> {
  let sequence = start;
  return (question) => ({
    id: randomUUID(),
    request: `req_${randomBytes(12).toString('hex')}7`,
    at: new Date().toISOString(),
    sequence: (sequence += 1 + Math.floor(Math.random() * 3)),
    took: 1 + Math.random() * 50,
    tags: ['red', 'green', 'blue'].sort(() => Math.random() - 0.5),
    prediction: { label: `class ${question % 3}`, score: Math.random() < 0.5 ? 0.125 : 0.12500001 },
    meta: { model: 'iris', version: '1' },
  });
}

/** The new version: another label for some, another score, a field less, another type. */
function newService(): (question: number) => Record<string, unknown> {
  const inner = service(1000);
  return (question) => ({
    ...inner(question),
    prediction: { label: question % 5 === 0 ? 'class 9' : `class ${question % 3}`, score: 0.126 },
    meta: { model: 'iris' },
  });
}

function serve(t: TestContext, answer: ReturnType<typeof service>): Promise<HttpService> {
  return httpService(t, ({ url }, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer(Number(url.slice(1)))));
  });
}

async function follow(t: TestContext, sidecar: TestTwinspan, count: number): Promise<void> {
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  const live = service();
  for (let question = 0; question < count; question += 1) {
    await client.replay({
      request: { path: `/${question}`, requestId: randomUUID() },
      response: {
        headers: [['content-type', 'application/json']],
        body: JSON.stringify(live(question)),
      },
    });
    await sidecar.settled(question + 1);
  }
}

async function calibrate(sidecar: TestTwinspan): Promise<string> {
  const { admin } = sidecar.app.addresses;
  const args = [main, 'calibrate', '--url', `http://${admin}`];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout;
}

interface PrintedRoute {
  readonly name: string;
  readonly compare: Readonly<Record<string, unknown>>;
}

/** The route of the test with the printed rules pasted in. */
function pasted(yaml: string): Record<string, unknown> {
  const { routes } = parse(yaml) as { routes: PrintedRoute[] };
  return { name: 'all', match: { path: '/**' }, ...routes[0] };
}

const prediction = { label: '/prediction/label', score: '/prediction/score' };
const verdict = { mode: 'noninferior' };

test('rules from a control make live equal itself and hide nothing of the shadow', async (t) => {
  const control = await serve(t, service(500));
  const shadow = await serve(t, newService());
  const route = { name: 'all', match: { path: '/**' }, prediction };
  const targets = {
    shadow: { url: shadow.url },
    control: { url: control.url, ratio: 0.5 },
    verdict,
  };
  const raw = await twinspan(t, { ...targets, routes: [route] });
  await follow(t, raw, 120);
  const { outcomes } = raw.app.status().exchanges;
  assert.equal(outcomes['mismatch'], 120 - (outcomes['control'] ?? 0));

  const yaml = await calibrate(raw);
  const { compare } = pasted(yaml) as unknown as PrintedRoute;
  assert.deepEqual(Object.keys(compare).sort(), ['ignore', 'normalize', 'tolerance', 'unordered']);
  assert.deepEqual([...(compare['ignore'] as string[])].sort(), ['/request', '/sequence', '/took']);
  assert.deepEqual(compare['unordered'], ['/tags']);
  assert.deepEqual(compare['normalize'], { timestamp: ['/at'], uuid: ['/id'] });
  const { paths } = compare['tolerance'] as { paths: Record<string, { relative: number }> };
  assert.deepEqual(Object.keys(paths), ['/prediction/score']);
  assert.ok(paths['/prediction/score']!.relative <= 1e-7);

  const calibrated = await twinspan(t, {
    ...targets,
    routes: [{ ...route, ...pasted(yaml) }],
  });
  await follow(t, calibrated, 60);
  const { routes } = (await calibrated.admin('/v1/noise')) as NoiseReport;
  const [noise] = routes;
  assert.ok(noise !== undefined && noise.control.pairs > 0);
  assert.equal(noise.control.differing, 0, JSON.stringify(noise.groups));
  // Ignored is not equal: the rules go on showing what they take out.
  const took = noise.rules.find(({ rule }) => rule === '/took');
  assert.deepEqual([took?.control, took?.shadow], [noise.control.pairs, noise.shadow.pairs]);
  assert.deepEqual(noise.groups.map(({ group }) => group).sort(), [
    '/meta/version',
    '/prediction/label',
    '/prediction/score',
  ]);
  const score = noise.groups.find(({ group }) => group === '/prediction/score');
  assert.equal(score?.shadow.differed, noise.shadow.pairs);

  // What is calibrated stays calibrated.
  const again = await calibrate(calibrated);
  assert.match(again, /# No new rule is proposed\./);
  assert.deepEqual(pasted(again), pasted(yaml));
});

test('without a control ids, times and counters are proposed, and nothing that is not new each time', async (t) => {
  const shadow = await serve(t, newService());
  const sidecar = await twinspan(t, {
    shadow: { url: shadow.url },
    verdict,
    routes: [{ name: 'all', match: { path: '/**' }, prediction }],
  });
  await follow(t, sidecar, 60);
  const yaml = await calibrate(sidecar);
  assert.match(yaml, /# No control: /);
  const { compare } = pasted(yaml) as unknown as PrintedRoute;
  assert.deepEqual(compare['normalize'], { timestamp: ['/at'], uuid: ['/id'] });
  assert.deepEqual([...(compare['ignore'] as string[])].sort(), ['/request', '/sequence', '/took']);
  assert.match(yaml, /# WARNING: a time that something took, by its name; .*\n *- "\/took"/);
  assert.equal(compare['tolerance'], undefined);
});

test('a change of its rules begins the counts of a route anew', async (t) => {
  const shadow = await serve(t, newService());
  const route = { name: 'all', match: { path: '/**' } };
  const other = { name: 'other', match: { path: '/other' } };
  const sections = { shadow: { url: shadow.url }, routes: [other, route] };
  const sidecar = await twinspan(t, sections);
  await follow(t, sidecar, 3);
  const pairs = async (): Promise<number[]> => {
    const { routes } = (await sidecar.admin('/v1/noise')) as NoiseReport;
    return routes.map((noise) => noise.shadow.pairs);
  };
  assert.deepEqual(await pairs(), [0, 3]);
  const reload = (routes: readonly object[]): void => {
    const next = configOf({ ...sections, routes }, sidecar.collector.url);
    assert.equal(sidecar.app.reload(next.config, next.hash).kind, 'accepted');
  };
  reload([{ ...other, compare: { ignore: ['/id'] } }, route]);
  assert.deepEqual(await pairs(), [0, 3]);
  reload([other, { ...route, compare: { ignore: ['/id'] } }]);
  assert.deepEqual(await pairs(), [0, 0]);
});
