import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../src/base/header-list.ts';
import type { RequestHead } from '../../src/exchange/message-head.ts';
import { fractionOf } from '../../src/exchange/sample.ts';
import { compileGeneration, type Generation, type GenerationSeams } from '../../src/generation.ts';
import { generationSeams, generationWith } from '../kit/generation.ts';
import { configOf, type Sections } from '../kit/twinspan.ts';
import { duplicate, request, trace } from './telemetry/finished-pairs.ts';

/** The id of the experiment that a process with this configuration runs. */
function experimentOf(sections: Readonly<Record<string, unknown>> = {}, instance = 'a'): string {
  const all: Sections = {
    live: { name: 'orders', version: '1' },
    routes: [route()],
    ...sections,
    shadow: { url: 'http://127.0.0.1:1', name: 'orders-next', ...(sections['shadow'] as object) },
  };
  const hmacKey = Buffer.from(instance);
  const { config, experiment } = generationWith(all, { instance, hmacKey });
  return experiment(config.live.version, config.shadow.version).id;
}

function generationOf(
  sections: Readonly<Record<string, unknown>> = {},
  over: Partial<GenerationSeams> = {},
): Generation {
  const all = { shadow: { url: 'http://127.0.0.1:1' }, routes: [route()], ...sections };
  return generationWith(all, over);
}

function route(over: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { name: 'all', match: { path: '/**', methods: ['GET'] }, ...over };
}

test('replicas with the same configuration run the same experiment', () => {
  assert.match(experimentOf(), /^[0-9a-f]{16}$/);
  assert.equal(experimentOf({}, 'one process'), experimentOf({}, 'another'));
});

test('another version or name on either side is another experiment', () => {
  const ids = [
    experimentOf(),
    experimentOf({ live: { name: 'orders', version: '2' } }),
    experimentOf({ live: { name: 'orders-old', version: '1' } }),
    experimentOf({ shadow: { version: '3' } }),
    experimentOf({ shadow: { name: 'orders-other' } }),
  ];
  assert.equal(new Set(ids).size, ids.length);
});

test('other rules of comparison, or rules of another route, are another experiment', () => {
  const ids = [
    experimentOf(),
    experimentOf({ routes: [route({ compare: { ignore: ['/took'] } })] }),
    experimentOf({ routes: [route({ compare: { ignore: ['/id'] } })] }),
    experimentOf({ routes: [route({ compare: { conditional: 'keep' } })] }),
    experimentOf({ routes: [route({ name: 'every' })] }),
    experimentOf({ routes: [route(), route({ name: 'more' })] }),
  ];
  assert.equal(new Set(ids).size, ids.length);
});

test('another prediction is another experiment', () => {
  const verdict = { mode: 'equivalence' };
  const withPrediction = (prediction: unknown) =>
    experimentOf({ verdict, routes: [route({ prediction })] });
  const ids = [
    experimentOf({ verdict }),
    withPrediction({ preset: 'sklearn' }),
    withPrediction({ preset: 'mlflow' }),
    withPrediction({ preset: 'sklearn', labels: ['a'] }),
    withPrediction({ label: '/a' }),
  ];
  assert.equal(new Set(ids).size, ids.length);
});

test('what changes nothing in the judgement of a pair leaves the experiment as it is', () => {
  const id = experimentOf();
  assert.equal(experimentOf({ capture: { maxExchanges: 7 } }), id);
  assert.equal(experimentOf({ shadow: { url: 'http://127.0.0.1:2', rate: 5 } }), id);
  assert.equal(experimentOf({ routes: [route({ sample: { ratio: 0.5 } })] }), id);
  assert.equal(experimentOf({ segments: { tenant: { header: 'x-tenant' } } }), id);
});

const requestHead: RequestHead = {
  method: 'GET',
  path: '/',
  authority: 'shop.example',
  headers: HeaderList.empty,
  attributes: new Map(),
  requestId: 'a',
};

const control = { url: 'http://127.0.0.1:2', ratio: 0.2 };

test('the share of the control is the same on every replica, and as large as it is said', () => {
  const [one, other] = [generationOf({ control }), generationOf({ control }, { instance: 'b' })];
  const ids = Array.from({ length: 20_000 }, (_, index) => `request-${index}`);
  const targets = ids.map((requestId) => one.targetOf({ requestId, mode: 'live' }));
  assert.deepEqual(
    ids.map((requestId) => other.targetOf({ requestId, mode: 'live' })),
    targets,
  );
  const share = targets.filter((target) => target === 'control').length / ids.length;
  assert.ok(Math.abs(share - 0.2) < 0.015, String(share));
});

test('which exchanges are followed says nothing of which of them go to the control', () => {
  const { targetOf } = generationOf({ control });
  const ids = Array.from({ length: 40_000 }, (_, index) => `${index}-c0ffee`);
  // The followed half of a route, whatever its name, and the other half.
  for (const name of ['all', 'control', 'predict']) {
    const followed = ids.filter((id) => fractionOf(id, name) < 0.5);
    const share =
      followed.filter((requestId) => targetOf({ requestId, mode: 'live' }) === 'control').length /
      followed.length;
    assert.ok(Math.abs(share - 0.2) < 0.015, `${name}: ${share}`);
  }
});

test('a canary is never held against the control, and without one all goes to the shadow', () => {
  const whole = generationOf({ control: { ...control, ratio: 1 } });
  assert.equal(whole.targetOf({ requestId: 'a', mode: 'live' }), 'control');
  assert.equal(whole.targetOf({ requestId: '', mode: 'live' }), 'control');
  assert.equal(whole.targetOf({ requestId: 'a', mode: 'canary' }), 'shadow');
  assert.equal(generationOf().targetOf({ requestId: 'a', mode: 'live' }), 'shadow');
});

test('what is granted to a target on this machine is not sent to one that anybody can listen to', () => {
  const { config } = configOf({
    shadow: { url: 'http://127.0.0.1:1' },
    control,
    routes: [route({ headers: { grant: ['authorization'] } })],
  });
  const generation = compileGeneration(
    { ...config, control: { ...config.control!, url: 'http://live.example' } },
    generationSeams,
  );
  const { head } = duplicate();
  // The route as selection hands it on.
  const selected = generation.select(requestHead);
  assert.ok(selected.kind === 'follow');
  const asked = { ...request, headers: HeaderList.fromPairs([['authorization', 'Bearer a']]) };
  const sentTo = (target: 'shadow' | 'control'): boolean => {
    const made = generation.duplicate({ ...head, route: selected.route }, asked, trace, target);
    assert.ok(made.kind === 'made');
    assert.equal(made.duplicate.target, target);
    assert.equal(made.duplicate.headers.get('baggage'), `twinspan.deployment.mode=${target}`);
    return made.duplicate.headers.has('authorization');
  };
  assert.equal(sentTo('shadow'), true);
  assert.equal(sentTo('control'), false);
});

test('pressure is asked of the target that an exchange would go to', () => {
  const asked: string[] = [];
  const generation = generationOf(
    { control: { ...control, ratio: 1 } },
    { pressure: (target) => void asked.push(target) },
  );
  generation.select(requestHead);
  assert.deepEqual(asked, ['control']);
});
