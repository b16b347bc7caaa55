import assert from 'node:assert/strict';
import { test } from 'node:test';

import { configOf, configurationWith, errorsOf, pathsOf, type Plain } from './loading.ts';

function verdict(value: Plain): Plain {
  return configurationWith({ verdict: value });
}

const wrong: readonly (readonly [string, Plain, path: string, RegExp])[] = [
  ['a margin of 0', verdict({ margins: { errors: 0 } }), 'verdict.margins.errors', /above 0/],
  [
    'a negative margin',
    verdict({ margins: { contract: -0.1 } }),
    'verdict.margins.contract',
    /above 0/,
  ],
  [
    'a margin above the range',
    verdict({ margins: { mismatch: 1.5 } }),
    'verdict.margins.mismatch',
    /at most 1/,
  ],
  [
    'a margin of 0 on a route',
    configurationWith({}, { verdict: { margins: { latency_p95: 0 } } }),
    'routes[0].verdict.margins.latency_p95',
    /above 0/,
  ],
  ['an alpha of 0', verdict({ alpha: 0 }), 'verdict.alpha', /above 0/],
  ['an alpha of 0.5', verdict({ alpha: 0.5 }), 'verdict.alpha', /below 0\.5/],
  ['an alpha above 0.5', verdict({ alpha: 0.9 }), 'verdict.alpha', /0\.5/],
  ['a negative alpha', verdict({ alpha: -0.05 }), 'verdict.alpha', /above 0/],
  ['a floor of no pair', verdict({ floor: { pairs: 0 } }), 'verdict.floor.pairs', /1 to/],
  ['an attempt of 0', verdict({ attempt: 0 }), 'verdict.attempt', /1 to/],
  [
    'a latency threshold of 0',
    verdict({ latency: { threshold: { p95: 0 } } }),
    'verdict.latency.threshold.p95',
    /above 0/,
  ],
  [
    'a gate that there is not',
    verdict({ margins: { error: 0.1 } }),
    'verdict.margins.error',
    /errors/,
  ],
  [
    'a prediction without a stated mode',
    configurationWith({}, { prediction: { preset: 'sklearn' } }),
    'verdict.mode',
    /must be stated/,
  ],
];

for (const [title, content, path, says] of wrong) {
  test(`${title} is an error`, () => {
    assert.deepEqual(pathsOf(content), [path]);
    assert.match(errorsOf(content)[0]!.message, says);
  });
}

test('alphas and margins within their bounds are taken as they are', () => {
  const { alpha, margins } = configOf(
    verdict({ alpha: 0.499, margins: { errors: 1, contract: null } }),
  ).verdict;
  assert.deepEqual([alpha, margins.errors, margins.contract], [0.499, 1, null]);
});
