import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { formatErrors, loadConfig } from '../../src/config/load.ts';
import { fields } from '../../src/config/schema-fields.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/config/units.ts';

function errorsOf(text: string, env: Record<string, string> = {}) {
  const result = loadConfig({ path: 'a.yaml', env, readFile: () => Buffer.from(text) });
  assert.equal(result.kind, 'invalid');
  assert.ok(result.kind === 'invalid' && result.errors.length > 0);
  assert.ok(formatErrors(result.errors).endsWith('\n'));
  return result.errors;
}

/** Keys of the schema among others, so that garbage reaches below the first level. */
const key = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...new Set(fields.map(({ path }) => path.at(-1)!))) },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', '[]', '*') },
);

const { garbage } = fc.letrec<{ garbage: unknown }>((tie) => ({
  garbage: fc.oneof(
    { maxDepth: 6, depthSize: 'medium' },
    fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.string(),
      fc.constantFrom('2s', '1MiB', 'http://127.0.0.1:1', '/a/{b}/**', 'POST', '127.0.0.1:1'),
    ),
    fc.array(tie('garbage'), { maxLength: 4 }),
    fc
      .array(fc.tuple(key, tie('garbage')), { maxLength: 8 })
      .map((entries) => Object.fromEntries(entries)),
  ),
}));

test('garbage in place of a shadow url is always errors and never a throw', () => {
  fc.assert(
    fc.property(garbage, garbage, garbage, (root, shadow, routes) => {
      errorsOf(JSON.stringify(root ?? null));
      const sections = typeof root === 'object' && root !== null ? root : {};
      errorsOf(JSON.stringify({ ...sections, shadow, routes: [routes] }));
    }),
    { numRuns: 150 },
  );
});

test('any text is always errors and never a throw', () => {
  const fragment = fc.constantFrom(
    'shadow',
    'routes',
    ': ',
    '- ',
    '\n',
    '  ',
    '&a ',
    '*a',
    '{',
    '}',
    '[',
    ']',
    '"',
    '#',
    '!',
    '|',
    '\t',
  );
  const yaml = fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(yaml, fc.string({ unit: 'binary' })), (text) => {
      errorsOf(text);
    }),
    { numRuns: 200 },
  );
});

test('any bytes are always errors and never a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const result = loadConfig({ path: 'a', env: {}, readFile: () => bytes });
      assert.equal(result.kind, 'invalid');
    }),
  );
});

test('any value of any variable is a configuration or errors, never a throw', () => {
  const text = 'shadow: {url: "http://127.0.0.1:1"}\nroutes: [{name: a, match: {path: /}}]\n';
  const variable = fc
    .oneof(fc.constantFrom('SHADOW_RATE', 'LISTEN', 'LISTEN_TLS_CERT_FILE', 'EXPIRES'), fc.string())
    .map((name) => `TWINSPAN_${name}`);
  fc.assert(
    fc.property(fc.dictionary(variable, fc.string()), (env) => {
      loadConfig({ path: 'a', env, readFile: () => Buffer.from(text) });
    }),
  );
});

test('parsing a written duration or size gives the number back', () => {
  const amount = fc.oneof(
    fc.maxSafeNat(),
    fc.nat(1000).map((days) => days * 86_400_000),
  );
  fc.assert(
    fc.property(amount, (value) => {
      assert.deepEqual(parseDuration(formatDuration(value)), { kind: 'value', value });
      assert.deepEqual(parseSize(formatSize(value)), { kind: 'value', value });
    }),
  );
});
