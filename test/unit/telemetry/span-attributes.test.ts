import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import type { ShadowResponse } from '../../../src/shadow/shadow-response.ts';
import { resultOf, type FinishedPair } from '../../../src/comparison/finished-pair.ts';
import {
  executionName,
  liveAttributes,
  liveErrorType,
  pairAttributes,
  shadowAttributes,
  shadowErrorType,
  type AttributeSettings,
} from '../../../src/telemetry/span-attributes.ts';
import {
  answer,
  comparison,
  difference,
  duplicate,
  exchange,
  failure,
  matching,
  mismatching,
  response,
  times,
  without,
} from './finished-pairs.ts';

const settings: AttributeSettings = {
  live: { name: 'model-v1', version: '1' },
  shadow: { name: 'model-v2', version: '2' },
  shadowServer: { address: 'shadow.example', port: 80 },
  modeKeys: ['twinspan.deployment.mode'],
  urlPath: false,
};

const pairOf = (finished: FinishedPair) =>
  pairAttributes(finished, resultOf(finished)!, undefined, settings);
const answered = (status: number) => exchange({ response: response({ status }) });

test('a 4xx is an error of the shadow unless live said the same, and never one of live; a 5xx is one of either', () => {
  const cases = [
    { live: 200, shadow: 200, liveError: undefined, shadowError: undefined },
    { live: 404, shadow: 404, liveError: undefined, shadowError: undefined },
    { live: 200, shadow: 404, liveError: undefined, shadowError: '404' },
    { live: 404, shadow: 400, liveError: undefined, shadowError: '400' },
    { live: 500, shadow: 500, liveError: '500', shadowError: '500' },
    { live: 503, shadow: 302, liveError: '503', shadowError: undefined },
  ];
  for (const { live, shadow, liveError, shadowError } of cases) {
    const title = `live ${live}, shadow ${shadow}`;
    const finished = matching({ exchange: answered(live), shadow: answer({ status: shadow }) });
    assert.equal(liveErrorType(finished), liveError, title);
    assert.equal(shadowErrorType(finished.shadow!, finished.exchange), shadowError, title);
  }
});

test('a shadow 4xx beside no live answer is an error', () => {
  assert.equal(shadowErrorType(answer({ status: 404 }), without(exchange(), 'response')), '404');
});

test('a failed request has the error type that its failure names, a cancelled one none', () => {
  assert.equal(shadowErrorType(failure('shadow_reset', 'ECONNRESET'), exchange()), 'ECONNRESET');
  const { sentAt, shadowEndedAt: endedAt } = times;
  const cancelled: ShadowResponse = { kind: 'cancelled', duplicate: duplicate(), sentAt, endedAt };
  assert.equal(shadowErrorType(cancelled, exchange()), undefined);
});

test('live that did not answer is an error by its outcome; who aborted or was cut, is not known', () => {
  const unanswered = without(exchange(), 'response');
  const errorOf = (outcome: FinishedPair['outcome']) =>
    liveErrorType(matching({ exchange: unanswered, outcome }));
  assert.equal(errorOf('live_upstream_failed'), 'live_upstream_failed');
  assert.equal(errorOf('live_aborted'), undefined);
  assert.equal(errorOf('live_incomplete'), undefined);
});

test('a method outside the known ones is _OTHER, HTTP in names, and kept as the original', () => {
  const purge = exchange({ method: 'PURGE' });
  assert.equal(executionName(purge), 'HTTP /v1/models/{model}:predict');
  assert.equal(executionName(exchange()), 'POST /v1/models/{model}:predict');
  const attributes = liveAttributes(purge, undefined, settings);
  assert.equal(attributes['http.request.method'], '_OTHER');
  assert.equal(attributes['http.request.method_original'], 'PURGE');
  const long = exchange({ method: 'X'.repeat(1000) });
  const original = liveAttributes(long, undefined, settings)['http.request.method_original'];
  assert.equal(original, 'X'.repeat(128));
});

test("Envoy's measure of live is in seconds, when it is a number", () => {
  const measured = (value: string) => {
    const headers = HeaderList.fromPairs([['x-envoy-upstream-service-time', value]]);
    const told = exchange({ response: response({ headers }) });
    return liveAttributes(told, undefined, settings)['twinspan.live.upstream_service_time'];
  };
  assert.equal(measured('27'), 0.027);
  assert.equal(measured('0'), 0);
  for (const value of ['', '-1', '1.5', '27, 28', '1e3', '99999999999']) {
    assert.equal(measured(value), undefined, value);
  }
});

test('a version that an answer tells has at most 128 characters', () => {
  const headers = HeaderList.fromPairs([['x-version', 'v'.repeat(500)]]);
  const told = { ...settings, shadow: { versionHeader: 'X-Version' } };
  const attributes = shadowAttributes(exchange(), answer({ headers }), undefined, told);
  assert.equal(attributes['twinspan.service.version'], 'v'.repeat(128));
});

test('a pair that was never sent names the versions that the configuration knows', () => {
  const attributes = pairOf({
    exchange: without(exchange(), 'request', 'response'),
    outcome: 'queue_full',
    trace: matching().trace,
  });
  assert.equal(attributes['twinspan.live.version'], '1');
  assert.equal(attributes['twinspan.shadow.version'], '2');
});

test('groups are told once each, and cut between whole characters', () => {
  const long = `/${'x'.repeat(126)}`;
  const attributes = pairOf(
    mismatching([
      difference({ group: '/a/*' }),
      difference({ group: '/a/*' }),
      difference({ group: `${long}\u{1f600}` }),
      difference({ group: `${long}yz` }),
    ]),
  );
  assert.deepEqual(attributes['twinspan.comparison.diff.paths'], ['/a/*', long, `${long}y`]);
});

test('a prediction has the labels of its first instance and what holds for all', () => {
  const first = { live: { label: 'cat', score: 0.9 }, shadow: { label: 'h:0123456789abcdef' } };
  const prediction = {
    count: 2,
    instances: [first, { live: { label: 'dog' } }],
    labelAgreement: 0.5,
    meanScoreDifference: -0.25,
    topKOverlap: 0.75,
    meanJsd: 0.125,
    similarity: 0.625,
    labels: {},
  };
  const attributes = pairOf(matching({ comparison: comparison({ prediction }) }));
  assert.equal(attributes['twinspan.live.label'], 'cat');
  assert.equal(attributes['twinspan.shadow.label'], 'h:0123456789abcdef');
  assert.equal(attributes['twinspan.prediction.count'], 2);
  assert.equal(attributes['twinspan.prediction.agreement'], 0.5);
  assert.equal(attributes['twinspan.prediction.score_delta'], -0.25);
  assert.equal(attributes['twinspan.prediction.overlap'], 0.75);
  assert.equal(attributes['twinspan.prediction.jsd'], 0.125);
  assert.equal(attributes['twinspan.prediction.similarity'], 0.625);
});

test('what a prediction has not is no attribute', () => {
  const prediction = { count: 1, instances: [{ live: { score: 1 } }], labels: {} };
  const attributes = pairOf(matching({ comparison: comparison({ prediction }) }));
  assert.deepEqual(
    Object.keys(attributes).filter((key) => /label|prediction/.test(key)),
    ['twinspan.prediction.count'],
  );
});

test('each segment of the request is an attribute', () => {
  const segments = { tenant: 'gold', country: '~none' };
  const attributes = pairOf(matching({ comparison: comparison({ segments }) }));
  assert.equal(attributes['twinspan.segment.tenant'], 'gold');
  assert.equal(attributes['twinspan.segment.country'], '~none');
});

test('no attribute is undefined, whatever is missing', () => {
  const bare: AttributeSettings = { ...settings, live: {}, shadow: {}, modeKeys: [] };
  const cut = without(exchange({ requestId: '' }), 'request', 'response');
  const finished: FinishedPair = {
    exchange: cut,
    outcome: 'shadow_connect',
    trace: matching().trace,
    shadow: failure('shadow_connect', 'ECONNREFUSED'),
  };
  const all = [
    pairAttributes(finished, resultOf(finished)!, undefined, bare),
    liveAttributes(cut, undefined, bare),
    shadowAttributes(cut, finished.shadow!, undefined, bare),
  ];
  for (const attributes of all) {
    for (const [key, value] of Object.entries(attributes)) assert.notEqual(value, undefined, key);
  }
});
