import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatDuration, formatSize, parseDuration, parseSize } from '../../../src/config/units.ts';

test('a duration is a whole number with one of five units', () => {
  for (const [text, milliseconds] of [
    ['500ms', 500],
    ['2s', 2000],
    ['3m', 180_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ] as const) {
    assert.deepEqual(parseDuration(text), { kind: 'value', value: milliseconds }, text);
  }
});

test('a size is a whole number with one of four binary units', () => {
  for (const [text, bytes] of [
    ['17B', 17],
    ['64KiB', 65_536],
    ['2MiB', 2_097_152],
    ['1GiB', 1_073_741_824],
  ] as const) {
    assert.deepEqual(parseSize(text), { kind: 'value', value: bytes }, text);
  }
});

test('a text without a known unit is a problem that names the units', () => {
  for (const text of ['', '2', '2 s', '1.5s', '-1s', '2S', '2MiB', 's', '2sec', '٢s']) {
    const reading = parseDuration(text);
    assert.equal(reading.kind, 'problem', text);
    assert.match(reading.kind === 'problem' ? reading.message : '', /ms, s, m, h or d/);
  }
  for (const text of ['1', '1MB', '1mib', '1 KiB', '1TiB', '2s']) {
    const reading = parseSize(text);
    assert.equal(reading.kind, 'problem', text);
    assert.match(reading.kind === 'problem' ? reading.message : '', /B, KiB, MiB or GiB/);
  }
});

test('an amount that a number cannot hold exactly is a problem', () => {
  assert.equal(parseDuration('104249991d').kind, 'value');
  assert.equal(parseDuration('104249992d').kind, 'problem');
  assert.equal(parseSize(`${'9'.repeat(400)}B`).kind, 'problem');
});

test('an amount is written with the largest unit that loses nothing', () => {
  assert.deepEqual([0, 1, 90_000, 86_400_000].map(formatDuration), ['0s', '1ms', '90s', '1d']);
  assert.deepEqual([0, 1000, 1024, 1_073_741_824].map(formatSize), ['0B', '1000B', '1KiB', '1GiB']);
});
