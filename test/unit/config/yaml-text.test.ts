import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readYaml } from '../../../src/config/yaml-text.ts';

function problemOf(text: string) {
  const reading = readYaml(text);
  assert.equal(reading.kind, 'unreadable');
  return reading.kind === 'unreadable' ? reading.problem : undefined;
}

function read(text: string) {
  const reading = readYaml(text);
  assert.ok(reading.kind === 'read', JSON.stringify(reading));
  return reading;
}

test('YAML is read by its core schema: words and dates stay text', () => {
  assert.deepEqual(read('a: yes\nb: 2027-03-31\nc: 1e-6\nd: true\n').value, {
    a: 'yes',
    b: '2027-03-31',
    c: 1e-6,
    d: true,
  });
});

test('JSON is read, indented by tabs too', () => {
  assert.deepEqual(read('{\n\t"a": [1,\n\t\t"b"]\n}').value, { a: [1, 'b'] });
});

test('the first syntax error is told with its line and a hint to quote', () => {
  const problem = problemOf('a: 1\nb: c: d\ne: @f\n');
  assert.equal(problem?.line, 2);
  assert.match(problem?.message ?? '', /quotes/);
});

test('tags, several documents and keys that are no text are refused', () => {
  for (const text of ['a: !foo 1', 'a: !!binary aGk=', 'a: 1\n---\nb: 2', '? [1]\n: 2', 'a: *b']) {
    problemOf(text);
  }
});

test('a key that stands twice in a mapping is told with its line', () => {
  const { problems } = read('a: 1\nb: {c: 1, c: 2}\na: 2\n');
  assert.deepEqual(new Set(problems.map(({ line }) => line)), new Set([2, 3]));
  assert.match(problems[0]?.message ?? '', /twice/);
});

test('brackets without end and a bomb of aliases are problems', () => {
  problemOf('['.repeat(30_000));
  problemOf(`- &a x\n${'- *a\n'.repeat(101)}`);
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const bomb = names.map((name, index) => {
    const items = Array.from({ length: 9 }, () => (index === 0 ? 'x' : `*${names[index - 1]}`));
    return `${name}: &${name} [${items.join(', ')}]`;
  });
  problemOf(bomb.join('\n'));
});

test('each path has the line of its key, else of what is around it', () => {
  const { lineOf } = read('shadow:\n  url: x\nroutes:\n  - name: a\n  - &r\n    name: b\n  - *r\n');
  assert.equal(lineOf(['shadow', 'url']), 2);
  assert.equal(lineOf(['shadow', 'rate']), 1);
  assert.equal(lineOf(['routes', 0, 'name']), 4);
  assert.equal(lineOf(['routes', 1, 'name']), 6);
  assert.equal(lineOf(['routes', 2, 'name']), 6);
  assert.equal(lineOf(['store']), undefined);
});

test('a key called __proto__ is a key, and no prototype changes', () => {
  const { value } = read('__proto__: {polluted: true}\n');
  assert.deepEqual(Object.keys(value as object), ['__proto__']);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.equal('polluted' in {}, false);
});
