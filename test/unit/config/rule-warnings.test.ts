import assert from 'node:assert/strict';
import { test } from 'node:test';

import { contradictions } from '../../../src/config/rule-warnings.ts';
import { configOf, configurationWith, loadedFrom, type Plain } from './loading.ts';

function warningsOf(compare: Plain): string[] {
  return contradictions(configOf(configurationWith({}, { compare })).routes[0]!.compare);
}

function assertTold(compare: Plain, ...expected: readonly RegExp[]): void {
  const warnings = warningsOf(compare);
  assert.equal(warnings.length, expected.length, warnings.join('\n'));
  for (const [index, pattern] of expected.entries()) assert.match(warnings[index]!, pattern);
}

test('rules that can all have an effect are not warned of', () => {
  assertTold({
    ignore: ['/id', '/choices/*/created', '/**/etag'],
    unordered: ['/items', '/**/tags'],
    keyed: { '/rows': 'id' },
    tolerance: { relative: 1e-6, paths: { '/rows/*/score': { absolute: 1 }, '/exact': {} } },
    nullEqualsMissing: true,
    normalize: { timestamp: ['/at'], uuid: ['/**'], lowercase: ['/a/0'], trim: [] },
  });
});

test('a rule for a place that is ignored has no effect', () => {
  assertTold(
    { ignore: ['/meta', '/meta/id'] },
    /^ignore "\/meta\/id" has no effect, because ignore "\/meta"/,
  );
  assertTold({ ignore: ['/a', '/a'] }, /^ignore "\/a" has no effect/);
  assertTold(
    { ignore: ['/**/x'], tolerance: { paths: { '/a/*/x/y': { absolute: 1 } } } },
    /^tolerance.paths "\/a\/\*\/x\/y" has no effect/,
  );
  assertTold({ ignore: ['/a/*'], unordered: ['/a'], normalize: { uuid: ['/a/**'] } });
});

test('an array cannot be both unordered and keyed', () => {
  assertTold(
    { unordered: ['/rows'], keyed: { '/rows': 'id' } },
    /^unordered "\/rows" has no effect, because keyed/,
  );
});

test('an index names nothing in an array that is compared in any order', () => {
  assertTold(
    { unordered: ['/*/rows'], ignore: ['/a/rows/0/id', '/rows/0'] },
    /^ignore "\/a\/rows\/0\/id" names item 0 .* unordered "\/\*\/rows" .* write \*$/,
  );
});

test('a pattern that ends in a slash names an empty key', () => {
  assertTold({ unordered: ['/items/'] }, /^unordered "\/items\/" ends in "\/"/);
});

test('bounds of zero are of use only where they replace others', () => {
  assertTold({ tolerance: { paths: { '/a': {} } } }, /^tolerance.paths "\/a" has no effect: both/);
  assertTold({ tolerance: { paths: { '/a': {}, '/**': { absolute: 1 } } } });
});

test('the warnings of a configuration name the route', () => {
  const compare = { ignore: ['/a', '/a'] };
  const { warnings } = loadedFrom(configurationWith({}, { compare }));
  assert.deepEqual(
    warnings.map((warning) => warning.split(' ')[0]),
    ['routes[0].compare.ignore'],
  );
});

test('a file of many useless rules gets a bounded number of warnings', () => {
  assert.equal(warningsOf({ ignore: Array.from({ length: 500 }, () => '/a') }).length, 20);
});
