import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Findings, incomparable } from '../../../src/comparison/findings.ts';

const status = { kind: 'status', pointer: '', group: 'status' } as const;

test('nothing found is a match', () => {
  assert.equal(new Findings().conclude().result, 'match');
});

test('one difference is a mismatch, also when bodies could not be compared', () => {
  const findings = new Findings();
  findings.cannotCompare('truncated');
  findings.differs('status', false, () => status);
  const comparison = findings.conclude();
  assert.equal(comparison.result, 'mismatch');
  assert.ok(!('reason' in comparison));
});

test('bodies that could not be compared are incomparable, also when differences were ignored', () => {
  const findings = new Findings();
  findings.cannotCompare('truncated');
  assert.deepEqual(findings.conclude(), incomparable('truncated'));
  findings.ignores('/a', () => '/a');
  const comparison = findings.conclude();
  assert.equal(comparison.result, 'incomparable');
  assert.equal(comparison.reason, 'truncated');
  assert.equal(comparison.ignoredCount, 1);
});

test('what is not kept is counted and never described', () => {
  const findings = new Findings();
  let described = 0;
  for (let count = 0; count < 1000; count++) {
    findings.differs('body', false, () => {
      described++;
      return { kind: 'value', pointer: '/a', group: '/a' };
    });
    findings.ignores('/b', () => {
      described++;
      return '/b';
    });
  }
  assert.equal(described, 200);
  const { differenceCount, ignoredCount } = findings.conclude();
  assert.deepEqual([differenceCount, ignoredCount], [1000, 1000]);
});

test('one contract difference among others makes the whole a contract difference', () => {
  const findings = new Findings();
  findings.differs('status', true, () => status);
  findings.differs('headers', false, () => ({ ...status, kind: 'header_value' }));
  const { contract, differs, differences } = findings.conclude();
  assert.equal(contract, true);
  assert.deepEqual(differs, { status: true, headers: true, body: false });
  assert.deepEqual(
    differences.map((difference) => difference.contract),
    [true, false],
  );
});
