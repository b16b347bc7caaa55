import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readText } from '../../../src/base/read-text.ts';

test('an answer is read whole up to its bound, characters of several bytes too', async () => {
  const text = 'grüße';
  const { length } = Buffer.from(text);
  assert.equal(await readText(new Response(text), length), text);
  assert.equal(await readText(new Response(text), length - 1), undefined);
});

test('an answer without a body is an empty text', async () => {
  assert.equal(await readText(new Response(null), 0), '');
});

test('what is beyond the bound is not read', async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(100));
    },
  });
  assert.equal(await readText(new Response(endless), 250), undefined);
  assert.ok(pulled < 10, String(pulled));
});
