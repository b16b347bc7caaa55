import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { DifferenceKind, Volatility } from '../../src/comparison/comparison.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Noise } from '../../src/report/noise/noise.ts';
import { proposeRules } from '../../src/report/noise/proposals.ts';
import { calibrationYaml } from '../../src/report/noise/yaml.ts';
import { at, pair } from '../unit/report/noise/noise-pairs.ts';

/** Of any characters that a key may have, those that mean something to YAML more often. */
const segment = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(...`"'#:-{}[]&!|>%@\`,? \t\\`.split('')),
      fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
    ),
    minLength: 1,
    maxLength: 8,
  })
  .filter((text) => !/[*~/]/.test(text) && text.isWellFormed());
const pattern = fc
  .array(fc.oneof(segment, fc.constantFrom('*', '**', 'id')), { minLength: 1, maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`);
/** The schema takes no control character there. */
const field = segment.filter((text) => !/\p{Cc}/u.test(text));
const patterns = fc.uniqueArray(pattern, { maxLength: 3 });
const bound = fc.constantFrom(0, 1e-9, 0.25, 3);
const bounds = fc.record({ relative: bound, absolute: bound });

const compare = fc.record({
  ignore: patterns,
  unordered: patterns,
  keyed: fc.dictionary(pattern, field, { maxKeys: 3, noNullPrototype: true }),
  tolerance: fc.record({
    relative: bound,
    absolute: bound,
    paths: fc.dictionary(pattern, bounds, { maxKeys: 3, noNullPrototype: true }),
  }),
  nullEqualsMissing: patterns,
  normalize: fc.record({
    timestamp: patterns,
    uuid: patterns,
    lowercase: patterns,
    trim: patterns,
  }),
  headers: fc.uniqueArray(fc.constantFrom('content-type', 'location', 'x-a', '*'), {
    maxLength: 4,
  }),
  conditional: fc.constantFrom('strip', 'skip', 'keep'),
  show: fc.constantFrom('pointers', 'values'),
});

const group = fc.oneof(
  fc
    .array(fc.constantFrom('a', 'b', '*', '{key}'), { minLength: 1, maxLength: 4 })
    .map((segments) => `/${segments.join('/')}`),
  fc.constantFrom('status', 'body', 'header:x-a', 'header:location', 'trailer:x-a'),
);
const kinds: readonly DifferenceKind[] = ['value', 'order', 'missing', 'length', 'status'];
const forms: readonly (Volatility | undefined)[] = ['uuid', 'timestamp', 'counter', undefined];
const difference = fc
  .tuple(
    group,
    fc.constantFrom(...kinds),
    fc.constantFrom(...forms),
    fc.constantFrom(undefined, 1e-7, 0.5),
  )
  .map(([where, kind, volatility, relativeDistance]) =>
    at(where, {
      kind,
      contract: kind === 'missing' || kind === 'status',
      ...(volatility !== undefined && { volatility }),
      ...(relativeDistance !== undefined && { relativeDistance }),
    }),
  );
const draws = fc.array(fc.array(difference, { maxLength: 4 }), { maxLength: 8 });

test('whatever the rules in force and whatever differs, what is printed loads and loses no rule', () => {
  fc.assert(
    fc.property(compare, draws, draws, (inForce, control, shadow) => {
      const configured = load({ name: 'all', match: { path: '/**' }, compare: inForce });
      const noise = new Noise(() => 0);
      for (const differences of control) {
        const seen = pair('control', differences);
        noise.add({
          ...seen,
          exchange: { ...seen.exchange, route: { name: 'all', template: '/' } },
        });
      }
      for (const differences of shadow) {
        const seen = pair('shadow', differences);
        noise.add({
          ...seen,
          exchange: { ...seen.exchange, route: { name: 'all', template: '/' } },
        });
      }
      const [route] = noise.report([configured]).routes;
      const proposals = proposeRules(route!, 2);
      const yaml = calibrationYaml([{ noise: route!, proposals }]);
      assert.doesNotMatch(yaml, /[^\n\x20-\x7e]/);
      const { compare: after } = load(
        yaml.replace(/^ {2}- name: .*$/m, '$&\n    match: { path: "/**" }'),
      );
      const before = configured.compare;
      const without = { ignore: [], unordered: [], normalize: {}, tolerance: {}, headers: [] };
      assert.deepEqual({ ...after, ...without }, { ...before, ...without });
      assert.deepEqual(after.ignore.slice(0, before.ignore.length), before.ignore);
      assert.deepEqual(after.unordered.slice(0, before.unordered.length), before.unordered);
      for (const [form, places] of Object.entries(before.normalize)) {
        const kept = after.normalize[form as keyof typeof after.normalize];
        assert.deepEqual(kept.slice(0, places.length), places);
      }
      for (const [place, held] of Object.entries(before.tolerance.paths)) {
        const now = after.tolerance.paths[place];
        assert.ok(now !== undefined && now.relative >= held.relative, place);
        assert.equal(now.absolute, held.absolute);
      }
      const dropped = proposals.proposals.filter(({ rule }) => rule === 'header');
      assert.deepEqual(
        after.headers,
        before.headers.filter((name) => !dropped.some(({ place }) => place === name)),
      );
    }),
    { numRuns: 200 },
  );
});

/** The route that the loader makes of a section as JSON or of printed YAML. */
function load(route: object | string) {
  const file =
    typeof route === 'string'
      ? `version: 1\nshadow: { url: "http://127.0.0.1:1" }\n${route}`
      : JSON.stringify({ version: 1, shadow: { url: 'http://127.0.0.1:1' }, routes: [route] });
  const result = loadConfig({ path: 'a', env: {}, readFile: () => Buffer.from(file) });
  if (result.kind === 'invalid') throw new Error(`${JSON.stringify(result.errors)}\n${file}`);
  return result.config.routes[0]!;
}
