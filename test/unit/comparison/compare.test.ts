import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import { compare } from '../../../src/comparison/compare.ts';
import { compileRules } from '../../../src/comparison/rules.ts';
import { compareAnswers, compareJsonTexts, differencesOf, makePair, rulesOf } from './make-pair.ts';

const json = 'application/json';

test('two equal answers match and nothing differs', () => {
  const answer = { type: json, body: '{"label":"setosa"}' };
  assert.deepEqual(compareAnswers(answer, answer), {
    result: 'match',
    contract: false,
    differs: { status: false, headers: false, body: false },
    differences: [],
    differenceCount: 0,
    ignored: [],
    ignoredCount: 0,
  });
});

test('a shadow 500 against a live 200 is a mismatch of the contract', () => {
  const comparison = compareAnswers({ status: 200 }, { status: 500 });
  assert.equal(comparison.result, 'mismatch');
  assert.equal(comparison.contract, true);
  assert.deepEqual(comparison.differs, { status: true, headers: false, body: false });
  assert.deepEqual(comparison.differences, [
    { kind: 'status', pointer: '', group: 'status', contract: true },
  ]);
});

test('another status of the same class breaks no contract', () => {
  const comparison = compareAnswers({ status: 200 }, { status: 201 });
  assert.equal(comparison.result, 'mismatch');
  assert.equal(comparison.contract, false);
});

test('a difference in one part does not hide those in the parts behind it', () => {
  const comparison = compareAnswers(
    { status: 200, type: json, headers: [['location', '/a']], body: '{"a":1}' },
    { status: 404, type: `${json}; v=2`, headers: [['location', '/b']], body: '{"a":2}' },
  );
  assert.deepEqual(differencesOf(comparison), [
    'status ',
    'content_type /content-type',
    'header_value /location',
    'value /a',
  ]);
  assert.deepEqual(comparison.differs, { status: true, headers: true, body: true });
  assert.equal(comparison.contract, true);
});

for (const status of [206, 304, 416]) {
  for (const conditional of ['skip', 'strip'] as const) {
    test(`a live ${status} is not compared under conditional: ${conditional}`, () => {
      const comparison = compareAnswers({ status }, { status: 200 }, { conditional });
      assert.equal(comparison.result, 'incomparable');
      assert.equal(comparison.reason, 'conditional');
      assert.equal(comparison.differenceCount, 0);
    });
  }

  test(`a live ${status} is compared as any other answer under conditional: keep`, () => {
    assert.equal(compareAnswers({ status }, { status }, { conditional: 'keep' }).result, 'match');
    const comparison = compareAnswers({ status }, { status: 200 }, { conditional: 'keep' });
    assert.deepEqual(differencesOf(comparison), ['status ']);
  });
}

test('a shadow 304 against a live 200 is a mismatch', () => {
  assert.equal(compareAnswers({ status: 200 }, { status: 304 }).result, 'mismatch');
});

test('an answer to a degraded duplicate is never compared, not even when it is equal', () => {
  const comparison = compare(makePair({}, {}, { degraded: true }), rulesOf());
  assert.equal(comparison.result, 'incomparable');
  assert.equal(comparison.reason, 'degraded');
});

test('a known difference decides although the body cannot be compared', () => {
  const comparison = compareAnswers(
    { type: json, encoding: 'gzip', body: 'no gzip' },
    { status: 500, type: json, body: '{}' },
  );
  assert.equal(comparison.result, 'mismatch');
  assert.equal(comparison.reason, undefined);
  assert.deepEqual(comparison.differs, { status: true, headers: false, body: false });
});

test('of many differences the first hundred are kept and all are counted', () => {
  const live = JSON.stringify(Array.from({ length: 5000 }, (_, index) => index));
  const shadow = JSON.stringify(Array.from({ length: 5000 }, (_, index) => index + 1));
  const comparison = compareJsonTexts(live, shadow);
  assert.equal(comparison.differences.length, 100);
  assert.equal(comparison.differenceCount, 5000);
  assert.equal(comparison.differences[99]?.pointer, '/99');
});

test('a contract difference beyond the kept ones still counts as one', () => {
  const numbers = Array.from({ length: 200 }, (_, index) => index);
  const comparison = compareJsonTexts(
    JSON.stringify([...numbers, 'text']),
    JSON.stringify([...numbers.map((number) => number + 1), 7]),
  );
  assert.ok(comparison.differences.every(({ contract }) => !contract));
  assert.equal(comparison.contract, true);
});

test('of many ignored differences the first hundred are kept and all are counted', () => {
  const live = JSON.stringify(Array.from({ length: 300 }, () => 1));
  const shadow = JSON.stringify(Array.from({ length: 300 }, () => 2));
  const comparison = compareJsonTexts(live, shadow, { ignore: ['/*'] });
  assert.equal(comparison.result, 'match');
  assert.equal(comparison.ignored.length, 100);
  assert.equal(comparison.ignoredCount, 300);
});

test('a failure of the comparison itself is told and makes the pair incomparable', () => {
  const pair = makePair({}, {});
  const failure = new Error('broken');
  const headers = new HeaderList([]);
  headers.get = () => {
    throw failure;
  };
  const told: unknown[] = [];
  const rules = compileRules({}, (error) => told.push(error));
  const comparison = compare({ ...pair, shadow: { ...pair.shadow, headers } }, rules);
  assert.equal(comparison.result, 'incomparable');
  assert.equal(comparison.reason, 'decode_error');
  assert.deepEqual(told, [failure]);
});

test('a comparison cannot be changed by whoever it is handed to', () => {
  const comparison = compareJsonTexts('{"a":1,"b":1}', '{"a":2,"b":2}', { ignore: ['/b'] });
  for (const part of [
    comparison,
    comparison.differs,
    comparison.differences,
    comparison.differences[0],
    comparison.ignored,
    comparison.ignored[0],
  ]) {
    assert.ok(Object.isFrozen(part));
  }
});
