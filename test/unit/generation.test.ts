import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compileGeneration } from '../../src/generation.ts';
import { configOf, type Sections } from '../kit/twinspan.ts';

/** The id of the experiment that a process with this configuration runs. */
function experimentOf(sections: Readonly<Record<string, unknown>> = {}, instance = 'a'): string {
  const all: Sections = {
    live: { name: 'orders', version: '1' },
    routes: [route()],
    ...sections,
    shadow: { url: 'http://127.0.0.1:1', name: 'orders-next', ...(sections['shadow'] as object) },
  };
  const { experiment } = compileGeneration(configOf(all).config, {
    instance,
    hmacKey: Buffer.from(instance),
    paused: () => false,
    wallNow: () => 0,
    pressure: () => undefined,
    compare: () => assert.fail('nothing is compared here'),
    onTrouble: (error) => assert.fail(String(error)),
  });
  return experiment;
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

test('what changes nothing in the judgement of a pair leaves the experiment as it is', () => {
  const id = experimentOf();
  assert.equal(experimentOf({ capture: { maxExchanges: 7 } }), id);
  assert.equal(experimentOf({ shadow: { url: 'http://127.0.0.1:2', rate: 5 } }), id);
  assert.equal(experimentOf({ routes: [route({ sample: { ratio: 0.5 } })] }), id);
});
