import assert from 'node:assert/strict';
import { test } from 'node:test';

import { mayWrite } from '../../../src/exchange/graphql-operation.ts';

test('a document with a mutation or a subscription writes, wherever it stands and whatever it is called', () => {
  for (const document of [
    'mutation{a}',
    'mutation Buy($id: ID!) { buy(id: $id) { id } }',
    'mutation @later { a }',
    'subscription { a }',
    '  ,\n\t\ufeff mutation { a }',
    '# { query }\nmutation { a }',
    '#\r#\rmutation{a}',
    'query Read { a } mutation Write { b }',
    '{ a } subscription { b }',
    'fragment F on Cart { id } mutation { buy { ...F } }',
    'fragment mutation on Cart { id } mutation { a }',
    'query A($x: In = { y: [1, 2] }) @d(z: "}") { a } mutation { b }',
    'query mutation { a } mutation query { b }',
    '{ a(b: "\\"{") } mutation { c }',
    '{ a(b: "") } mutation { c }',
    '{ a(b: """ \\""" { " """) } mutation { c }',
    '{ a(b: """""") } mutation { c }',
    'directive @d on FIELD mutation { a }',
    'MUTATION { a }',
  ]) {
    assert.equal(mayWrite(document), true, document);
  }
});

test('a document that only reads does not, whatever it speaks of', () => {
  for (const document of [
    '',
    '{ a }',
    '{ mutation { id } subscription }',
    'query mutation { a }',
    'query Q($mutation: ID!) { a(id: $mutation) }',
    'query Q @mutation { a }',
    'query Q($x: In = { mutation: 1 }) { a }',
    'fragment subscription on Cart { id } { ...subscription }',
    'fragment F on Mutation { id } { ...F }',
    '# mutation { a }\n{ a }',
    '{ a(b: "} mutation { c }") }',
    '{ a(b: """} mutation "quoted" \\""" { c }""") }',
    '{ a(b: "\\\\") c(d: "mutation") }',
    'query Mutations { a } query subscription_list { b }',
  ]) {
    assert.equal(mayWrite(document), false, document);
  }
});

test('a text that is searched for is no document', () => {
  for (const text of [
    'mutation',
    'BRCA1 mutation "5\'UTR',
    'how does a subscription work?',
    '"{',
  ]) {
    assert.equal(mayWrite(text), false, text);
  }
});

test('a document that cannot be read to its end writes when it speaks of it at all', () => {
  for (const document of [
    '{ a(b: "mutation) }',
    '{ a(b: "mutation\n") }',
    '{ a(b: """mutation) }',
    '{ a(b: """\\""" mutation) }',
    '{ mutation',
    '{ mutation }}',
    '} { mutation }',
    '{ a(b: 1 } mutation { c }',
    '{ a ) mutation { c }',
    '#\u2028mutation { a }',
  ]) {
    assert.equal(mayWrite(document), true, document);
  }
  assert.equal(mayWrite('{ a(b: "x) }'), false);
});

test('a document of up to 16,384 characters is read to its end, and a longer one is not', () => {
  const around = (filler: string, quote: string): string =>
    `{ mutation(b: ${quote}${filler}${quote}) }`;
  for (const quote of ['"', '"""']) {
    const room = 16_384 - around('', quote).length;
    const filler = 'x\\{}'.repeat(room / 5).padEnd(room, 'x');
    assert.equal(mayWrite(around(filler, quote)), false);
    assert.equal(mayWrite(around(`${filler}x`, quote)), true);
  }
  assert.equal(mayWrite(`{ a }${' '.repeat(20_000)}`), false);
});
