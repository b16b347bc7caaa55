import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addValue, routeTally, type PairClass, type Tally } from '../../../src/report/tally.ts';
import { decide } from '../../../src/verdict/decision.ts';
import { outlookOf, pairsOf, warningsOf } from '../../../src/verdict/summary.ts';
import { countSettings, defaultMargins, entry, settingsWith, tallyOf } from '../../kit/tallies.ts';

const latency = { threshold: { p95: 0.1, p99: 0.2 } };
const configured = { ...countSettings, thresholdMs: { p95: 100, p99: 200 } };

function pairs(count: number, route = 'predict') {
  return Array.from({ length: count }, () => entry({ route }));
}

function decided(tally: Tally, settings = settingsWith({ latency }), now = 0) {
  return decide(tally, settings, now);
}

test('pairs are counted as far as they came', () => {
  const classes: readonly [PairClass, number][] = [
    ['equal', 5],
    ['shadow_timeout', 2],
    ['shadow_failed', 1],
    ['circuit_open', 3],
    ['dropped', 4],
  ];
  const tally = tallyOf(pairs(0));
  const route = routeTally(tally, 'predict');
  for (const [name, count] of classes) route.classes[name] = count;
  addValue(route, 'mismatch', 0, 5);
  addValue(routeTally(tally, '~unread'), 'coverage', 0, 20);
  addValue(routeTally(tally, '~unread'), 'coverage', 1, 2);
  assert.deepEqual(pairsOf(tally, decided(tally)), {
    seen: 22,
    sampled: 17,
    sent: 8,
    answered: 5,
    comparable: 5,
    dropped: 9,
  });
});

test('of counters alone as much is told as they hold', () => {
  const tally = tallyOf([]);
  addValue(routeTally(tally, 'predict'), 'errors', 0, 30);
  addValue(routeTally(tally, 'predict'), 'mismatch', 0, 20);
  const { sampled, comparable } = pairsOf(tally, decided(tally));
  assert.deepEqual([sampled, comparable], [30, 20]);
});

test('the outlook is that of the slowest gate, in pairs of all routes together', () => {
  const settings = settingsWith({ latency }, [
    { name: 'half', verdict: { margins: {} } },
    { name: 'other-half', verdict: { margins: {} } },
  ]);
  const tally = tallyOf([...pairs(500, 'half'), ...pairs(500, 'other-half')], configured);
  const { morePairs, moreMs } = outlookOf(decided(tally, settings, 10_000), settings);
  assert.equal(morePairs, 2 * 5210);
  assert.equal(moreMs, 104_200);
});

test('a floor is waited for as well', () => {
  const settings = settingsWith({ latency, floor: { pairs: 9000, elapsed: 0 } });
  assert.equal(outlookOf(decided(tallyOf(pairs(6000), configured)), settings).morePairs, 3000);
  const day = settingsWith({ latency, floor: { pairs: 1, elapsed: 86_400_000 } });
  const tally = { ...tallyOf(pairs(6000), configured), lastAt: 60_000 };
  const decision = decided(tally, day, 60_000);
  assert.deepEqual(outlookOf(decision, day), { morePairs: 0, moreMs: 86_340_000 });
});

test('nobody can tell how long a gate takes that will not pass, or a route without traffic', () => {
  const failing = [...pairs(100), entry({ mismatch: 1 }), entry({ mismatch: 1 })];
  assert.deepEqual(outlookOf(decided(tallyOf(failing, configured)), settingsWith({ latency })), {});
  const quiet = settingsWith({ latency }, [
    { name: 'predict', verdict: { margins: {} } },
    { name: 'quiet', verdict: { margins: { errors: 0.1 } } },
  ]);
  assert.deepEqual(outlookOf(decided(tallyOf(pairs(10), configured), quiet), quiet), {});
});

test('who relies on a verdict is warned of what it does not cover', () => {
  const predicting = settingsWith({ mode: 'noninferior' }, [
    { name: 'predict', prediction: { labels: [] }, verdict: { margins: {} } },
    { name: 'quiet', verdict: { margins: { errors: 0.1 } } },
  ]);
  const tally = tallyOf(pairs(10));
  const codes = (settings: typeof predicting) =>
    warningsOf(decided(tally, settings), settings, tally, undefined).map(({ code }) => code);
  assert.deepEqual(codes(predicting), ['replica_only', 'unlabelled', 'no_traffic']);
  assert.deepEqual(codes({ ...predicting, scope: 'fleet' }), [
    'unlabelled',
    'no_traffic',
    ...Array.from({ length: 5 }, () => 'not_configured'),
  ]);
});

test('a route of several that had no exchange is no part of the verdict, and that is said', () => {
  const settings = settingsWith(
    { latency },
    ['predict', 'small', 'silent', 'unheard'].map((name) => ({ name, verdict: { margins: {} } })),
  );
  const tally = tallyOf([...pairs(100), ...pairs(1, 'small')]);
  addValue(routeTally(tally, 'silent'), 'coverage', 1, 0);
  const warnings = warningsOf(decided(tally, settings), settings, tally, undefined);
  assert.deepEqual(
    warnings.map(({ code, detail }) => [code, /route (\w+) /.exec(detail)?.[1]]),
    [
      ['replica_only', undefined],
      ['not_judged', 'silent'],
      ['not_judged', 'unheard'],
    ],
  );
});

test('who relies on a verdict is told of answers that differ where no gate judges that', () => {
  const noninferior = settingsWith({
    latency,
    mode: 'noninferior',
    margins: { ...defaultMargins, mismatch: null },
  });
  const warned = (pairsOfRoute: Parameters<typeof tallyOf>[0], settings = noninferior) => {
    const tally = tallyOf(pairsOfRoute, configured);
    return warningsOf(decided(tally, settings), settings, tally, undefined)
      .filter(({ code }) => code === 'answers_differ')
      .map(({ detail }) => detail);
  };
  const differing = Array.from({ length: 60 }, () => entry({ mismatch: 1 }));
  assert.match(warned([...differing, ...pairs(40)])[0] ?? '', /^60 % of the answers of predict/);
  assert.deepEqual(warned([...differing, ...pairs(61)]), []);
  assert.deepEqual(warned(differing, settingsWith({ latency })), []);
});

test('a shadow whose version nobody tells is warned of: a new one would go on with its counts', () => {
  const settings = settingsWith({ latency });
  const tally = tallyOf(pairs(10), configured);
  const codes = (counted: Tally) =>
    warningsOf(decided(counted), settings, counted, undefined).map(({ code }) => code);
  assert.ok(!codes(tally).includes('unversioned_shadow'));
  const { id, live } = tally.experiment;
  const unversioned = { ...tally, experiment: { id, live, shadow: { name: 'm' } } };
  assert.ok(codes(unversioned).includes('unversioned_shadow'));
});
