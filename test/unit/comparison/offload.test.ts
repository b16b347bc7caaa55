import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';

import { systemClock } from '../../../src/base/clock.ts';
import { moduleBeside } from '../../../src/base/worker.ts';
import { compare } from '../../../src/comparison/compare.ts';
import { createOffload, type OffloadOptions } from '../../../src/comparison/offload.ts';
import type { RuleOptions } from '../../../src/comparison/rules.ts';
import { makePair, rulesOf, type Answer } from './make-pair.ts';

function start(t: TestContext, options: Partial<OffloadOptions> = {}) {
  const alive = setInterval(() => {}, 1000);
  const seen = { started: 0, trouble: [] as string[] };
  const offload = createOffload({
    thresholdBytes: 1000,
    timeoutMs: 60_000,
    maxWaitMs: 60_000,
    maxWaiting: { pairs: 10, bytes: 100_000 },
    workers: 1,
    clock: systemClock,
    onStart: () => void (seen.started += 1),
    onTrouble: (error) => void seen.trouble.push(String(error)),
    ...options,
  });
  t.after(async () => {
    await offload.close();
    clearInterval(alive);
  });
  const judge = (live: Answer, shadow: Answer, rules: RuleOptions = {}, method = 'GET') =>
    offload.compare(makePair(live, shadow, { method }), rulesOf(rules), rules);
  return { offload, judge, seen };
}

function large(value: unknown, pad = 2000): Answer {
  const body = JSON.stringify({ value, pad: 'x'.repeat(pad) });
  return { type: 'application/json', body };
}

test('small pairs, large equal ones and answers to HEAD are compared at once', (t) => {
  const { judge, seen } = start(t);
  const results = [
    judge(large(1, 10), large(2, 10)),
    judge(large(1), large(1)),
    judge(large(1), large(2), {}, 'HEAD'),
  ].map((comparison) => (comparison instanceof Promise ? 'later' : comparison.result));
  assert.deepEqual(results, ['mismatch', 'match', 'match']);
  assert.equal(seen.started, 0);
});

test('large pairs, and encoded ones of any size, are compared on a worker, as they are here', async (t) => {
  const { offload, seen } = start(t);
  const gzip = (answer: Answer) => ({
    ...answer,
    encoding: 'gzip',
    body: gzipSync(answer.body as string),
  });
  const rules: RuleOptions = { ignore: ['/pad'], headers: ['content-type', 'x-a'], show: 'values' };
  const digested = { type: 'image/png', body: { length: 9000, sha256: 'ab'.repeat(32) } };
  for (const [live, shadow] of [
    [large(1), large(2)],
    [large(1, 2000), large(1, 2001)],
    [gzip(large(1, 1)), gzip(large({ a: 1 }, 1))],
    [{ ...large(1), status: 206 }, large(2)],
    [large(1), { ...large(2), status: 500, type: 'text/plain' }],
    [{ ...large(1), headers: [['x-a', '1']], trailers: [['x-a', '1']] }, large(1, 3000)],
    [digested, { type: 'image/png', body: Buffer.alloc(9000) }],
    [large(1), { body: '' }],
  ] satisfies [Answer, Answer][]) {
    const pair = makePair(live, shadow);
    const comparison = offload.compare(pair, rulesOf(rules), rules);
    assert.ok(comparison instanceof Promise);
    assert.deepEqual(await comparison, compare(pair, rulesOf(rules)));
    assert.equal(pair.shadow.body.length, pair.shadow.body.bytes?.length, 'the pair stays whole');
  }
  assert.deepEqual(seen, { started: 1, trouble: [] });
});

test('equal bodies are read for what they predict, on a worker when they are large', async (t) => {
  const { offload, seen } = start(t);
  const options: RuleOptions = {
    prediction: { label: '/value', labels: ['cat'] },
    hashKey: 'the same on both threads',
  };
  for (const label of ['cat', 'dog']) {
    const small = makePair(large(label, 10), large(label, 10));
    const pair = makePair(large(label), large(label));
    const rules = rulesOf(options);
    assert.ok(!(offload.compare(small, rules, options) instanceof Promise));
    const comparison = offload.compare(pair, rules, options);
    assert.ok(comparison instanceof Promise);
    assert.equal((await comparison).prediction?.labelAgreement, 1);
    assert.deepEqual(await comparison, compare(pair, rules));
  }
  // Of two that are equal one is read.
  const half = makePair(large('cat', 800), large('cat', 800));
  assert.ok(!(offload.compare(half, rulesOf(options), options) instanceof Promise));
  assert.deepEqual(seen, { started: 1, trouble: [] });
});

test('a request is read on a worker when it is large and a segment is a place in it', async (t) => {
  const { offload, seen } = start(t);
  const asked = {
    headers: [['x-tenant', 'gold']],
    body: large('de').body as string,
  } as const;
  const byHeader: RuleOptions = { segments: { tenant: { header: 'x-tenant', values: ['gold'] } } };
  const byPlace: RuleOptions = {
    segments: { ...byHeader.segments, country: { request: '/value', values: ['de'] } },
  };
  for (const method of ['POST', 'HEAD']) {
    const pair = makePair({ body: 'a' }, { body: 'a' }, { method, asked });
    const atOnce = offload.compare(pair, rulesOf(byHeader), byHeader);
    assert.ok(!(atOnce instanceof Promise));
    assert.deepEqual(atOnce.segments, { tenant: 'gold' });
    const later = offload.compare(pair, rulesOf(byPlace), byPlace);
    assert.ok(later instanceof Promise);
    assert.deepEqual((await later).segments, { tenant: 'gold', country: 'de' });
  }
  assert.deepEqual(seen, { started: 1, trouble: [] });
});

test('rules are told apart on the worker', async (t) => {
  const { judge } = start(t);
  const ignoring: RuleOptions = { ignore: ['/value'] };
  const results = [
    judge(large(1), large(2), ignoring),
    judge(large(1), large(2)),
    judge(large(1), large(2), ignoring),
  ].map(async (comparison) => (await comparison).result);
  assert.deepEqual(await Promise.all(results), ['match', 'mismatch', 'match']);
});

test('a comparison that hangs is given up as compare_timeout', async (t) => {
  const module = moduleBeside(import.meta.url, 'obeying-compare-worker');
  const { judge, seen } = start(t, { module, timeoutMs: 1 });
  const hung = await judge(large(1), large(2));
  assert.equal(hung.result, 'incomparable');
  assert.equal(hung.reason, 'compare_timeout');
  assert.match(seen.trouble.join(), /more than 1 ms/);
});

test('a comparison that breaks its worker is decode_error, and the next one has a new worker', async (t) => {
  const module = moduleBeside(import.meta.url, 'obeying-compare-worker');
  const { judge, seen } = start(t, { module });
  for (const started of [1, 2]) {
    const broken = await judge({ ...large(1), status: 500 }, large(2));
    assert.equal(broken.reason, 'decode_error');
    assert.equal(seen.started, started);
  }
  assert.match(seen.trouble.join(), /it broke/);
});

test('what comes when too much waits, and what is open at the end, is given up', async (t) => {
  const { offload, judge } = start(t, { maxWaiting: { pairs: 1, bytes: 1 } });
  const open = judge(large(1), large(2));
  const refused = await judge(large(1), large(2));
  assert.equal(refused.reason, 'compare_timeout');
  assert.equal(offload.inFlight, 1);
  await offload.close();
  assert.equal((await open).reason, 'compare_timeout');
});
