import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  canonicalNumber,
  sameNumber,
  withinTolerance,
} from '../../../../src/comparison/json/number.ts';

function same(live: string, shadow: string): boolean {
  assert.equal(sameNumber(live, shadow), sameNumber(shadow, live));
  return sameNumber(live, shadow);
}

test('numbers are equal by the value that is written', () => {
  for (const [live, shadow] of [
    ['1', '1.0'],
    ['100', '1e2'],
    ['100', '1E+2'],
    ['0.001', '1e-3'],
    ['0', '-0'],
    ['0', '0e999999999'],
    ['0.0', '0'],
    ['-1.50', '-15e-1'],
    ['1e400', '10e399'],
    ['9007199254740993', '9007199254740993.0'],
    ['123456789012345678901234567890', '1.2345678901234567890123456789e29'],
  ] as const) {
    assert.ok(same(live, shadow), `${live} and ${shadow}`);
  }
});

test('numbers that a double cannot tell apart are not equal', () => {
  for (const [live, shadow] of [
    ['9007199254740993', '9007199254740992'],
    ['1e400', '1e401'],
    ['1e-400', '0'],
    ['1e-400', '1e-401'],
    ['-1e400', '1e400'],
    ['-1e-400', '1e-400'],
    ['0.1', '0.10000000000000001'],
    ['1e400', 'Infinity'],
    ['1', '-1'],
    ['10', '1'],
  ] as const) {
    assert.ok(!same(live, shadow), `${live} and ${shadow}`);
  }
});

test('the bare words equal only themselves', () => {
  assert.ok(same('NaN', 'NaN'));
  assert.ok(same('-Infinity', '-Infinity'));
  assert.ok(!same('Infinity', '-Infinity'));
  assert.ok(!same('NaN', '0'));
});

test('an exponent of a thousand digits is compared and not expanded', () => {
  const exponent = '9'.repeat(1000);
  assert.ok(same(`1e${exponent}`, `1.0e${exponent}`));
  assert.ok(!same(`1e${exponent}`, `2e${exponent}`));
});

test('a number is within a tolerance by the decimals that are written', () => {
  const within = (live: string, shadow: string, relative: number, absolute: number) => {
    const tolerance = { relative, absolute };
    const holds = withinTolerance(live, shadow, tolerance);
    assert.equal(withinTolerance(shadow, live, tolerance), holds, `${live} ${shadow}`);
    return holds;
  };
  assert.ok(within('0.4', '0.3', 0, 0.1));
  assert.ok(!within('0.4', '0.29999999999999999999', 0, 0.1));
  assert.ok(within('100', '101', 0.01, 0));
  assert.ok(!within('100', '101.02', 0.01, 0));
  assert.ok(within('-1', '1', 2, 0));
  assert.ok(!within('9007199254740993', '9007199254740992', 0, 0.5));
  assert.ok(within('9007199254740993', '9007199254740992', 0, 1));
  assert.ok(within('1e-400', '0', 0, 1e-9));
  assert.ok(within('1e-999999999999', '0', 0, 1e-9));
  assert.ok(!within('1e-400', '0', 0, 0));
  assert.ok(within('1', '1.7e308', 0, Number.MAX_VALUE));
  assert.ok(!within('1', '2', 0, 0));
});

test('what no double holds is within no tolerance', () => {
  for (const text of ['NaN', 'Infinity', '-Infinity', '1e400', '1e999999999999']) {
    assert.ok(!withinTolerance(text, '1', { relative: 1e300, absolute: 1e300 }), text);
  }
});

test('equal numbers have one canonical text', () => {
  for (const [one, other] of [
    ['1', '1.0'],
    ['100', '1e2'],
    ['-0', '0.00'],
    ['-2.50', '-25E-1'],
  ] as const) {
    assert.equal(canonicalNumber(one), canonicalNumber(other));
  }
  const others = ['1', '-1', '10', '0.1', '0', 'NaN', '9007199254740993', '9007199254740992'];
  assert.equal(new Set(others.map(canonicalNumber)).size, others.length);
});
