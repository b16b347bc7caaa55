import assert from 'node:assert/strict';
import { test } from 'node:test';

import { groupCell, reportCell, reportExcess } from '../../../../src/report/noise/report.ts';

test('a share has the interval of Wilson', () => {
  // Newcombe, Statistics in Medicine 17 (1998) 857-872, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
  for (const [differed, pairs, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const { share } = reportCell({ ...groupCell(), differed }, pairs);
    assert.ok(share !== null);
    assert.ok(Math.abs(share.low - low) < 5e-5, `${share.low} ${low}`);
    assert.ok(Math.abs(share.high - high) < 5e-5, `${share.high} ${high}`);
  }
  assert.equal(reportCell(groupCell(), 0).share, null);
});

test('the excess has the interval of Newcombe', () => {
  // Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
  for (const [shadow, control, low, high] of [
    [[56, 70], [48, 80], 0.0524, 0.3339],
    [[9, 10], [3, 10], 0.1705, 0.809],
    [[5, 56], [0, 29], -0.0381, 0.1926],
    [[10, 10], [0, 10], 0.6075, 1],
  ] as const) {
    const excess = reportExcess(
      { raw: shadow[0], of: shadow[1] },
      { raw: control[0], of: control[1] },
    );
    assert.ok(excess !== null);
    assert.ok(Math.abs(excess.low - low) < 1e-4, `${excess.low} ${low}`);
    assert.ok(Math.abs(excess.high - high) < 1e-4, `${excess.high} ${high}`);
  }
});

test('without pairs on a side there is no excess', () => {
  assert.equal(reportExcess({ raw: 1, of: 2 }, { raw: 0, of: 0 }), null);
  assert.equal(reportExcess({ raw: 0, of: 0 }, { raw: 1, of: 2 }), null);
});

test('a distance is told only when one was measured', () => {
  assert.equal(reportCell(groupCell(), 3).maxRelativeDistance, null);
  const cell = { ...groupCell(), measured: 1, maxRelativeDistance: 0.01 };
  assert.equal(reportCell(cell, 3).maxRelativeDistance, 0.01);
});
