import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  AgreementRecorder,
  type RecordedAgreement,
} from '../../../../src/report/agreement/agreement-recorder.ts';
import { comparisonOf, labelPair } from '../../../kit/predictions.ts';

function recorder(): AgreementRecorder {
  return new AgreementRecorder({
    labelsByRoute: () => new Map([['predict', ['a', 'b']]]),
    segmentValues: { tenant: ['gold'] },
  });
}

const agreeing = comparisonOf({ prediction: labelPair('a', 'a'), segments: { tenant: 'gold' } });
const flipped = comparisonOf({ prediction: labelPair('a', 'b'), segments: { tenant: 'gold' } });

test('experiments and routes are kept apart', () => {
  const recorded = recorder();
  recorded.record('one', 'predict', agreeing);
  recorded.record('one', 'constructor', agreeing);
  recorded.record('two', 'predict', flipped);
  assert.deepEqual([...recorded.routesOf('one').keys()], ['predict', 'constructor']);
  assert.equal(recorded.routesOf('one').get('predict')?.agreement?.predictions.agree, 1);
  assert.equal(recorded.routesOf('two').get('predict')?.agreement?.predictions.agree, 0);
  assert.equal(recorded.routesOf('three').size, 0);
});

test('a route without predictions has segments alone', () => {
  const recorded = recorder();
  recorded.record('one', 'list', comparisonOf({ segments: { tenant: 'gold' } }));
  const route = recorded.routesOf('one').get('list');
  assert.equal(route?.agreement, undefined);
  assert.equal(route?.segments[0]?.counts[2]?.matches.pairs, 1);
});

test('of many experiments those fed last are kept, and counters do not fall with the others', () => {
  const recorded = recorder();
  for (let index = 0; index < 12; index += 1) {
    recorded.record('steady', 'predict', agreeing);
    recorded.record(`experiment${index}`, 'predict', agreeing);
  }
  assert.equal(new Set(recorded.snapshot().map(({ experiment }) => experiment)).size, 8);
  assert.equal(recorded.routesOf('steady').get('predict')?.agreement?.pairs, 12);
  assert.equal(recorded.routesOf('experiment0').size, 0);
  assert.equal(recorded.counters().get('predict')?.agree, 24);
});

test('what was recorded before is absorbed, but not into the counters of this process', () => {
  const before = recorder();
  before.record('one', 'predict', agreeing);
  before.record('one', 'predict', flipped);
  const json = JSON.stringify(before.snapshot());
  const after = recorder();
  after.absorb(JSON.parse(json) as RecordedAgreement[]);
  assert.deepEqual(after.snapshot(), before.snapshot());
  after.record('one', 'predict', agreeing);
  assert.equal(after.routesOf('one').get('predict')?.agreement?.pairs, 3);
  assert.equal(after.counters().get('predict')?.agree, 1);
});

test('counters of a route with a prediction are there before its first pair', () => {
  assert.deepEqual([...recorder().counters().keys()], ['predict']);
});
