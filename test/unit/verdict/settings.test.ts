import assert from 'node:assert/strict';
import { test } from 'node:test';

import { verdictSettings } from '../../../src/verdict/settings.ts';
import { configOf, configurationWith } from '../config/loading.ts';
import { defaultMargins, settingsWith } from '../../kit/tallies.ts';

const predicting = { name: 'predict', prediction: { labels: ['a'] }, verdict: { margins: {} } };

test('a route takes its own margins where it states them, and null switches a gate off', () => {
  const { routes } = settingsWith({}, [
    { name: 'a', verdict: { margins: { errors: 0.1, contract: null } } },
  ]);
  assert.equal(routes[0]?.margins.errors, 0.1);
  assert.equal(routes[0].margins.contract, undefined);
  assert.equal(routes[0].margins.mismatch, defaultMargins.mismatch);
});

test('a route is judged alone when it predicts, or has margins of its own', () => {
  const { routes } = settingsWith({ mode: 'noninferior' }, [
    predicting,
    { name: 'b', verdict: { margins: { errors: 0.1 } } },
    { name: 'c', verdict: { margins: {} } },
  ]);
  assert.deepEqual(
    routes.map(({ name, alone }) => [name, alone]),
    [
      ['predict', true],
      ['b', true],
      ['c', false],
    ],
  );
});

test('the change of predictions is a gate where answers may differ, and only of routes that predict', () => {
  const plain = { name: 'c', verdict: { margins: {} } };
  for (const mode of ['equivalence', 'noninferior'] as const) {
    const { routes } = settingsWith({ mode }, [predicting, plain]);
    const has = routes.map(({ margins }) => 'prediction_drift' in margins);
    assert.deepEqual(has, [mode === 'noninferior', false]);
    assert.deepEqual(
      routes.map(({ margins }) => 'quality' in margins),
      [true, false],
    );
  }
});

test('it reads a configuration as it is loaded', () => {
  const config = configOf(
    configurationWith({
      verdict: {
        mode: 'noninferior',
        attempt: 3,
        floor: { pairs: 7, elapsed: '1h' },
        latency: { threshold: { p95: 0.25 } },
      },
    }),
  );
  const settings = verdictSettings(config, 'fleet');
  assert.equal(settings.scope, 'fleet');
  assert.equal(settings.attempt, 3);
  assert.deepEqual(settings.floor, { pairs: 7, elapsedMs: 3_600_000 });
  assert.equal(settings.horizonMs, 7 * 86_400_000);
  assert.deepEqual(settings.thresholdMs, { p95: 250 });
  assert.equal('mismatch' in settings.margins, false);
});
