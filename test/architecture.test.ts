/**
 * The law of the source tree: data flows forward, imports point backward. `architecture/rules.ts` has it as data.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { testedElsewhere } from './architecture/rules.ts';
import { hasLogic, importsOf, violationsOf } from './architecture/violations.ts';

const source = join(import.meta.dirname, '..', 'src');

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => path.replaceAll('\\', '/'));
}

const paths = filesBelow(source);
const tree = new Map(paths.map((path) => [path, readFileSync(join(source, path), 'utf8')]));

test('the source tree keeps the law', () => {
  assert.ok(tree.size >= 30, `only ${tree.size} files were seen`);
  const imports = [...tree.values()].flatMap(importsOf);
  assert.ok(imports.length >= 100, `only ${imports.length} imports were seen`);
  const unitTests = new Set(filesBelow(join(import.meta.dirname, 'unit')));
  const violations = violationsOf(tree, unitTests);
  assert.deepEqual(violations, [], `\n${violations.join('\n')}\n`);
});

test('the list of files that are tested elsewhere names files and tests that exist', () => {
  for (const [path, proof] of Object.entries(testedElsewhere)) {
    assert.ok(tree.has(path), path);
    assert.ok(existsSync(join(import.meta.dirname, proof)), `${path}: ${proof}`);
  }
});

/** What the law says of one file with this text, with a unit test where it needs one. */
function violationsIn(path: string, text: string): string[] {
  const listed = Object.hasOwn(testedElsewhere, path);
  const unitTests = new Set(listed ? [] : [path.replace(/\.ts$/, '.test.ts')]);
  return violationsOf(new Map([[path, text]]), unitTests);
}

function assertViolation(path: string, text: string, expected: RegExp): void {
  const violations = violationsIn(path, text);
  assert.equal(violations.length, 1, `${path}: ${text} ${violations.join()}`);
  assert.match(violations[0]!, expected);
}

function assertLawful(path: string, text: string): void {
  assert.deepEqual(violationsIn(path, text), []);
}

test('every form of import is seen', () => {
  const text = `
/** import { a } from './comment.ts'; */
import b from './b.ts';
import type { C } from './c.ts';
import {
  d,
  type D,
} from './d.ts';
import './e.ts';
export { f } from './f.ts';
export type { G } from './g.ts';
export * from './h.ts';
const i = async () => (await import('./i.ts')).i;
// import { j } from './comment.ts';
`;
  assert.deepEqual(importsOf(text), [
    { specifier: './b.ts', typeOnly: false },
    { specifier: './c.ts', typeOnly: true },
    { specifier: './d.ts', typeOnly: false },
    { specifier: './e.ts', typeOnly: false },
    { specifier: './f.ts', typeOnly: false },
    { specifier: './g.ts', typeOnly: true },
    { specifier: './h.ts', typeOnly: false },
    { specifier: './i.ts', typeOnly: false },
  ]);
});

test('an import that points forward, or past a noun, is a violation', () => {
  const cases: readonly (readonly [path: string, specifier: string])[] = [
    ['base/clock.ts', '../stream/live-event.ts'],
    ['stream/answer.ts', '../exchange/exchange.ts'],
    ['exchange/collector.ts', '../stream/wire.ts'],
    ['exchange/collector.ts', '../duplicate/duplicate.ts'],
    ['exchange/collector.ts', '../app.ts'],
    ['exchange/collector.ts', '../config/schema.ts'],
    ['duplicate/queue.ts', '../shadow/client.ts'],
    ['shadow/client.ts', '../exchange/collector.ts'],
    ['comparison/compare.ts', '../report/tally.ts'],
    ['telemetry/spans.ts', '../store/store.ts'],
    ['telemetry/spans.ts', '../report/recent-pairs.ts'],
    ['report/page.ts', '../telemetry/spans.ts'],
    ['store/store.ts', '../report/page.ts'],
    ['admin/routes.ts', '../report/recent-pairs.ts'],
    ['config/schema.ts', '../shadow/client.ts'],
    ['cli/serve.ts', '../stations.ts'],
    ['cli/serve.ts', '../exchange/ledger.ts'],
    ['main.ts', './journey.ts'],
    ['app.ts', './cli/serve.ts'],
    ['journey.ts', './main.ts'],
    ['cli/demo.ts', '../../demo/demo.ts'],
    ['base/clock.ts', '../../bin/node-version.js'],
    ['base/clock.ts', './errors'],
    ['newcomer/file.ts', '../base/clock.ts'],
  ];
  for (const [path, specifier] of cases) {
    assertViolation(path, `import { x } from '${specifier}';\n`, /import/);
  }
});

test('a forward import of types alone is a violation too, except in the configuration', () => {
  const text = `import type { X } from '../shadow/client.ts';\n`;
  assertViolation('stream/server.ts', text, /knows none of those/);
  assertLawful('config/schema.ts', text);
});

test('a dynamic import and a re-export are imports', () => {
  assertViolation('base/a.ts', `const a = import('../app.ts');\n`, /base/);
  assertViolation('base/a.ts', `export * from '../app.ts';\n`, /base/);
});

test('imports that point backward are lawful', () => {
  const cases: readonly (readonly [path: string, specifier: string])[] = [
    ['exchange/collector.ts', '../stream/live-event.ts'],
    ['exchange/collector.ts', './select.ts'],
    ['exchange/deep/file.ts', '../select.ts'],
    ['shadow/client.ts', '../exchange/outcome.ts'],
    ['telemetry/spans.ts', '../comparison/comparison.ts'],
    ['verdict/gates.ts', '../report/tally.ts'],
    ['cli/check.ts', '../config/load.ts'],
    ['cli/serve.ts', '../app.ts'],
    ['cli/check.ts', '../report/coverage.ts'],
    ['main.ts', './cli/serve.ts'],
    ['app.ts', './journey.ts'],
    ['journey.ts', './exchange/collector.ts'],
    ['base/log.ts', 'pino'],
    ['base/errors.ts', 'node:fs'],
    ['telemetry/otel.ts', '@opentelemetry/semantic-conventions/incubating'],
  ];
  for (const [path, specifier] of cases) assertLawful(path, `import { x } from '${specifier}';\n`);
});

test('a package beyond its fence, or in no fence, is a violation', () => {
  const cases: readonly (readonly [path: string, specifier: string])[] = [
    ['shadow/call.ts', 'undici'],
    ['exchange/collector.ts', '@grpc/grpc-js'],
    ['app.ts', '@opentelemetry/api'],
    ['admin/routes.ts', 'node:http'],
    ['shadow/client.ts', 'node:https'],
    ['telemetry/spans.ts', 'pino'],
    ['cli/check.ts', 'zod'],
    ['base/errors.ts', 'lodash'],
    ['base/errors.ts', 'fs'],
    ['stream/wire.ts', 'pino-pretty'],
  ];
  for (const [path, specifier] of cases) {
    const named = new RegExp(`${path} may not import ${specifier}: `);
    assertViolation(path, `import { x } from '${specifier}';\n`, named);
  }
});

test('the demo is named by its command alone', () => {
  const text = `const location = new URL('../../demo/demo.ts', import.meta.url);\n`;
  assertViolation('cli/serve.ts', text, /only cli\/demo\.ts/);
  assertLawful('cli/demo.ts', text);
});

test('a drawer and a name that is not kebab-case are violations', () => {
  for (const path of ['base/utils.ts', 'base/index.ts', 'base/types.ts', 'common/clock.ts']) {
    assertViolation(path, '', /drawer/);
  }
  for (const path of ['base/bodyBuffer.ts', 'base/Clock.ts', 'base/a_b.ts']) {
    assertViolation(path, '', /kebab-case/);
  }
});

test('a file of more than 300 lines of code is a violation; comments and blank lines are no code', () => {
  const code = 'x();\n'.repeat(300);
  assertLawful('base/a.ts', `${code}\n\n// why\n/**\n * what\n */\n`);
  assertViolation('base/a.ts', `${code}x();\n`, /301 lines/);
});

test('a file with logic and without a unit test is a violation', () => {
  const logic = new Map([['base/a.ts', 'export function a() {}\n']]);
  assert.deepEqual(violationsOf(logic, new Set()), ['base/a.ts has no test/unit/base/a.test.ts']);
  assert.deepEqual(violationsOf(logic, new Set(['base/a.test.ts'])), []);
  const listed = new Map([['app.ts', 'export function a() {}\n']]);
  assert.deepEqual(violationsOf(listed, new Set()), []);
  assert.equal(violationsOf(listed, new Set(['app.test.ts'])).length, 1);
  const types = new Map([['base/a.ts', '/** Doc. */\nexport interface A {\n  a(): void;\n}\n']]);
  assert.deepEqual(violationsOf(types, new Set()), []);
});

test('logic is what is left when the program runs', () => {
  for (const text of ['const a = 1;', 'export class A {}', 'export async function a() {}']) {
    assert.equal(hasLogic(text), true, text);
  }
  for (const text of [
    '',
    '// const a = 1;',
    'export type A = 1;',
    "import type { A } from './a.ts';",
  ]) {
    assert.equal(hasLogic(text), false, text);
  }
});
