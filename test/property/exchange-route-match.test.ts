import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { compilePathTemplate } from '../../src/exchange/route-match.ts';

/** The same language as an ordinary regular expression, which is easy to believe and slow on bad paths. */
function naive(template: string): RegExp {
  const open = template.endsWith('/**');
  const fixed = open ? template.slice(0, -'/**'.length) : template;
  const source = fixed
    .split(/(\{[^{}]*\})/)
    .map((piece, index) =>
      index % 2 === 1 ? '[^/]+' : piece.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`),
    )
    .join('');
  return new RegExp(`^${source}${open ? '(?:/.*)?' : ''}$`, 's');
}

const letters = fc.constantFrom('a', 'b', ':', '-', '.', '');
const segment = fc
  .array(fc.oneof({ weight: 2, arbitrary: letters }, fc.constant('{x}')), { maxLength: 5 })
  .map((pieces) => pieces.join(''));
const templates = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([segments, open]) => `/${segments.join('/')}${open ? '/**' : ''}`);
const paths = fc
  .array(fc.array(letters, { maxLength: 6 }), { minLength: 1, maxLength: 5 })
  .map((segments) => `/${segments.map((pieces) => pieces.join('')).join('/')}`);

test('a template matches exactly what the regular expression of the same meaning matches', () => {
  let matches = 0;
  fc.assert(
    fc.property(templates, paths, fc.constantFrom('', '?', '?a/b'), (template, path, query) => {
      const expected = naive(template).test(path);
      assert.equal(compilePathTemplate(template)(path + query), expected, `${template} ${path}`);
      if (expected) matches += 1;
    }),
    { numRuns: 5000 },
  );
  assert.ok(matches > 100, `only ${matches} of the paths matched`);
});

test('a path that was made from a template matches it', () => {
  const value = fc.stringMatching(/^[a-z0-9%:.{}-]{1,8}$/);
  fc.assert(
    fc.property(
      templates,
      fc.array(value, { minLength: 20, maxLength: 20 }),
      (template, values) => {
        let turn = 0;
        const path = template
          .replace('/**', '/any/thing')
          .replaceAll('{x}', () => values[turn++ % values.length]!);
        assert.equal(compilePathTemplate(template)(path), true, `${template} ${path}`);
      },
    ),
    { numRuns: 1000 },
  );
});
