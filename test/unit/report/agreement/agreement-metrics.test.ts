import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  agreementInstruments,
  agreementRows,
} from '../../../../src/report/agreement/agreement-metrics.ts';
import { AgreementRecorder } from '../../../../src/report/agreement/agreement-recorder.ts';
import { comparisonOf, instanceOf, predictionOf } from '../../../kit/predictions.ts';

function recorder(): AgreementRecorder {
  return new AgreementRecorder({
    labelsByRoute: () => new Map([['predict', ['a', 'b']]]),
    segmentValues: { tenant: ['gold'] },
  });
}

function lines(recorded: AgreementRecorder, experiment: string): string[] {
  return agreementRows(recorded.counters(), recorded.routesOf(experiment)).map(
    ({ name, labels, value }) => `${name} ${Object.values(labels).join(' ')} ${value}`,
  );
}

test('counters are of the process, gauges of the current experiment', () => {
  const recorded = recorder();
  const pair = (live: string, shadow: string, score: number) =>
    comparisonOf({
      result: live === shadow ? 'match' : 'mismatch',
      prediction: predictionOf([
        instanceOf({ label: live, score: 0.5 }, { label: shadow, score: 0.5 + score }),
      ]),
      segments: { tenant: 'gold' },
    });
  recorded.record('former', 'predict', pair('a', 'a', 0));
  recorded.record('now', 'predict', pair('a', 'b', 0.25));
  recorded.record('now', 'predict', pair('b', 'b', -0.25));
  recorded.record('now', 'predict', pair('a', 'a', 0.25));
  recorded.record('now', 'predict', pair('h:1', 'h:2', -0.25));
  assert.deepEqual(
    lines(recorded, 'now').filter((line) => !line.includes('_psi')),
    [
      'twinspan_predictions_total predict agree 3',
      'twinspan_predictions_total predict disagree 2',
      'twinspan_predictions_total predict one_sided 0',
      'twinspan_confusion_total predict a a 2',
      'twinspan_confusion_total predict a b 1',
      'twinspan_confusion_total predict b b 1',
      'twinspan_confusion_total predict ~hashed ~hashed 1',
      'twinspan_prediction_score_difference predict bias 0',
      'twinspan_prediction_score_difference predict mae 0.25',
      'twinspan_prediction_kappa predict 0.3333333333333333',
      'twinspan_segment_agreement predict tenant gold 0.5',
    ],
  );
});

test('the index comes with its band, for labels and for scores', () => {
  const recorded = recorder();
  const prediction = predictionOf([instanceOf({ label: 'a', score: 1 }, { label: 'a', score: 2 })]);
  recorded.record('now', 'predict', comparisonOf({ prediction }));
  const psi = agreementRows(recorded.counters(), recorded.routesOf('now')).filter(({ name }) =>
    name.startsWith('twinspan_prediction_psi'),
  );
  assert.deepEqual(
    psi.map(({ name, labels }) => [name, labels['distribution']]),
    [
      ['twinspan_prediction_psi', 'labels'],
      ['twinspan_prediction_psi_null95', 'labels'],
      ['twinspan_prediction_psi', 'scores'],
      ['twinspan_prediction_psi_null95', 'scores'],
    ],
  );
});

test('only listed segment values are named', () => {
  const recorded = recorder();
  for (const tenant of ['gold', 'h:12', '~none']) {
    recorded.record('now', 'list', comparisonOf({ segments: { tenant } }));
  }
  assert.deepEqual(
    lines(recorded, 'now').filter((line) => line.startsWith('twinspan_segment')),
    ['twinspan_segment_agreement list tenant gold 1'],
  );
});

test('a route without a pair has counters at 0 and no gauges', () => {
  assert.deepEqual(lines(recorder(), 'now'), [
    'twinspan_predictions_total predict agree 0',
    'twinspan_predictions_total predict disagree 0',
    'twinspan_predictions_total predict one_sided 0',
  ]);
});

test('every row belongs to an instrument', () => {
  const recorded = recorder();
  const prediction = predictionOf([instanceOf({ label: 'a', score: 1 }, { label: 'b', score: 2 })]);
  recorded.record('now', 'predict', comparisonOf({ prediction, segments: { tenant: 'gold' } }));
  const rows = agreementRows(recorded.counters(), recorded.routesOf('now'));
  assert.deepEqual(
    new Set(rows.map(({ name }) => name)),
    new Set(agreementInstruments.map(({ name }) => name)),
  );
});
