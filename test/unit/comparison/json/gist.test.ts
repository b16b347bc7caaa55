import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Gist } from '../../../../src/comparison/json/gist.ts';
import { NodeHashes } from '../../../../src/comparison/json/hash.ts';
import type { RuleOptions } from '../../../../src/comparison/rules.ts';
import { documentOf } from './documents.ts';
import { rulesOf } from '../make-pair.ts';

/** The gist of the one item of an array. */
function gistOf(item: string, options: RuleOptions) {
  const document = documentOf(`[${item}]`);
  const gist = new Gist(document, new NodeHashes(document));
  gist.cover(0, rulesOf(options).body);
  return { hash: gist.hashes.of(4), written: gist.written.of(4), size: gist.sizeOf(4) };
}

test('items that differ in what rules pass over have the same gist, and others have not', () => {
  const rules: RuleOptions = {
    ignore: ['/*/id'],
    unordered: ['/*/tags'],
    nullEqualsMissing: ['/*/note'],
    normalize: { uuid: ['/*/u'], lowercase: ['/*/l'], trim: ['/*/t'], timestamp: ['/*/at'] },
  };
  const item = '{"id":1,"tags":[1,2],"u":"00000000-0000-0000-0000-000000000000","l":"A","t":"b "}';
  const same =
    '{"tags":[2,1],"note":null,"u":"10000000-0000-0000-0000-000000000000","l":"a","t":"b"}';
  assert.equal(gistOf(item, rules).hash, gistOf(same, rules).hash);
  assert.notEqual(gistOf(item, rules).hash, gistOf(same.replace('[2,1]', '[2,3]'), rules).hash);
  assert.notEqual(gistOf(item, rules).hash, gistOf(same.replace('"1000', '"x000'), rules).hash);
  assert.equal(
    gistOf('{"at":1700000000}', rules).hash,
    gistOf('{"at":"2024-01-01T00:00:00Z"}', rules).hash,
  );
});

test('what is written in unordered arrays counts, its order does not', () => {
  const rules = { ignore: ['/*/id'], unordered: ['/*/tags'] };
  assert.equal(gistOf('{"tags":[1,2]}', rules).written, gistOf('{"tags":[2,1]}', rules).written);
  assert.notEqual(gistOf('{"id":1}', rules).written, gistOf('{"id":2}', rules).written);
});

test('numbers that may be off a little give a size that tells them apart by place', () => {
  const rules = { tolerance: { absolute: 0.1 } };
  const [one, close, turned] = ['{"x":1,"y":2}', '{"y":2.001,"x":1}', '{"x":2,"y":1}'].map((item) =>
    gistOf(item, rules),
  );
  assert.equal(one!.hash, turned!.hash);
  assert.ok(Math.abs(one!.size - close!.size) < Math.abs(one!.size - turned!.size));
  assert.equal(gistOf('{"x":1}', {}).size, 0);
});
