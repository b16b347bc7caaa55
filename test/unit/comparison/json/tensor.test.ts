import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { RuleOptions } from '../../../../src/comparison/rules.ts';
import { compareJsonTexts, differencesOf } from '../make-pair.ts';

function answer(data: string, datatype = 'FP32', rest = ''): string {
  return `{"outputs":[{"name":"y","datatype":"${datatype}","shape":[2],"data":${data}${rest}}]}`;
}

function compared(live: string, shadow: string, rules: RuleOptions = {}) {
  const comparison = compareJsonTexts(live, shadow, rules);
  return { differences: differencesOf(comparison), ignored: comparison.ignored };
}

test('numbers of an FP32 tensor are equal when they are as single precision', () => {
  assert.deepEqual(compared(answer('[0.1,0.2]'), answer('[0.10000000149011612,0.3]')), {
    differences: ['value /outputs/0/data/1'],
    ignored: [{ pointer: '/outputs/0/data/0', rule: 'FP32' }],
  });
  const nested = compared(answer('[[0.1]]'), answer('[[0.10000000149011612]]'));
  assert.deepEqual(nested.differences, []);
});

test('other types, other places and tensors whose types differ are compared as they are written', () => {
  for (const [live, shadow] of [
    [answer('[0.1]', 'FP64'), answer('[0.10000000149011612]', 'FP64')],
    [answer('[1]', 'FP32', ',"x":0.1'), answer('[1]', 'FP32', ',"x":0.10000000149011612')],
    [`{"a":${answer('[0.1]')}}`, `{"a":${answer('[0.10000000149011612]')}}`],
    ['{"outputs":[{"data":[0.1]}]}', '{"outputs":[{"data":[0.10000000149011612]}]}'],
    ['{"outputs":[[0.1]]}', '{"outputs":[[0.10000000149011612]]}'],
  ] as const) {
    assert.equal(compared(live, shadow).differences.length, 1, live);
  }
  assert.equal(
    compared(answer('[0.1]'), answer('[0.10000000149011612]', 'FP64')).differences.length,
    2,
  );
});

test('tolerance judges what is left after rounding, in tensors that are paired by name too', () => {
  const rules = { tolerance: { absolute: 0.01 }, keyed: { '/outputs': 'name' } };
  assert.deepEqual(compared(answer('[0.1,5]'), answer('[0.105,5.5]'), rules), {
    differences: ['value /outputs/0/data/1'],
    ignored: [{ pointer: '/outputs/0/data/0', rule: 'tolerance' }],
  });
});
