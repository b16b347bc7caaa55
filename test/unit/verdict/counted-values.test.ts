import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sumTally } from '../../../src/fleet/fleet-tally.ts';
import { countedValues } from '../../../src/verdict/counted-values.ts';
import { experiment, settingsWith } from '../../kit/tallies.ts';

test('each route has its gates, one with listed labels a cell for each of them, and the unread exchanges theirs', () => {
  const labels = Array.from({ length: 12 }, (_, index) => `l${index}`);
  const counted = countedValues(
    settingsWith({ mode: 'noninferior' }, [
      { name: 'plain', verdict: { margins: { contract: null } } },
      { name: 'predict', prediction: { labels }, verdict: { margins: {} } },
      { name: 'learned', prediction: { labels: [] }, verdict: { margins: {} } },
    ]),
  );
  const plain = [
    'errors',
    'errors_unattributed',
    'contract',
    'mismatch',
    'latency_p95',
    'latency_p99',
    'coverage',
  ];
  assert.deepEqual([...counted.keys()], ['plain', 'predict', 'learned', '~unread']);
  assert.deepEqual([...counted.get('plain')!.keys()], plain);
  assert.deepEqual([...counted.get('learned')!.keys()], plain);
  assert.deepEqual(
    [...counted.get('predict')!.keys()],
    [
      ...plain,
      ...labels.slice(0, 10).map((label) => `prediction_drift/${label}`),
      'prediction_drift~other',
    ],
  );
  assert.deepEqual([...counted.get('~unread')!], [['coverage', [0, 1]]]);
});

test("a fleet's judge knows every one of them", () => {
  const settings = settingsWith({}, [
    { name: 'predict', prediction: { labels: ['a'] }, verdict: { margins: {} } },
  ]);
  const counters = [...countedValues(settings)].flatMap(([route, gates]) =>
    [...gates].flatMap(([gate, values]) =>
      values.map((value) => [{ experiment: 'e', route, gate, value: String(value) }, 0] as const),
    ),
  );
  assert.deepEqual(sumTally(experiment, counters).doubts, []);
});
