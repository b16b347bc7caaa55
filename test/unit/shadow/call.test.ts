import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ByteBudget } from '../../../src/base/byte-budget.ts';
import { headerRoom } from '../../../src/base/kept-headers.ts';
import { Call } from '../../../src/shadow/call.ts';
import type { ShadowResponse } from '../../../src/shadow/shadow-response.ts';
import { sampleDuplicate } from '../duplicate/sample-duplicate.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

/** A call, and a controller that ends it as the HTTP client does: an abort comes back as an error at once. */
function startCall(egress = false, mayStart = () => true) {
  const clock = createManualClock();
  const budget = new ByteBudget(1000);
  const responses: ShadowResponse[] = [];
  const counts = { settled: 0, released: 0, headerMissing: 0 };
  const call = new Call(
    sampleDuplicate(),
    {
      clock,
      budget,
      maxResponseBytes: 100,
      maxBodyBytes: 50,
      egress,
      mayStart,
      onEgressHeaderMissing: () => (counts.headerMissing += 1),
      onSettled: () => (counts.settled += 1),
      onReleased: () => (counts.released += 1),
    },
    (response) => responses.push(response),
  );
  const abort = new AbortController();
  call.limit(1000, abort.signal);
  const controller = {
    rawHeaders: [] as Buffer[] | undefined,
    rawTrailers: [] as Buffer[],
    aborted: 0,
    abort(reason: Error) {
      controller.aborted += 1;
      call.onResponseError(controller, reason);
    },
  };
  return { call, controller, clock, budget, responses, counts, abort };
}

describe('a call', () => {
  it('ends once for its sender, and once for the connection', () => {
    const { call, controller, responses, counts, clock, abort } = startCall();
    call.onRequestStart(controller);
    call.onResponseStart(controller, 200);
    call.onResponseData(controller, Buffer.from('hi'));
    call.onResponseEnd(controller);
    clock.advance(5000);
    abort.abort();
    call.cancel();
    assert.deepEqual(
      responses.map(({ kind }) => kind),
      ['answered'],
    );
    assert.deepEqual(counts, { settled: 1, released: 1, headerMissing: 0 });
    assert.equal(controller.aborted, 0);
  });

  it('that is aborted ends as cancelled, ends its request, and is released by its error', () => {
    const { call, controller, responses, counts, budget, abort } = startCall();
    call.onRequestStart(controller);
    call.onResponseStart(controller, 200);
    call.onResponseData(controller, Buffer.from('hi'));
    abort.abort();
    assert.equal(responses[0]?.kind, 'cancelled');
    assert.deepEqual([counts.settled, counts.released, controller.aborted], [1, 1, 1]);
    assert.equal(budget.used, 0);
  });

  it('is not written once nothing may start, and leaves its connection to the next one', () => {
    let paused = false;
    const { call, controller, responses, counts } = startCall(false, () => !paused);
    paused = true;
    assert.throws(() => call.onRequestStart(controller));
    assert.deepEqual(
      responses.map((response) => response.kind === 'cancelled' && response.reason),
      ['paused'],
    );
    call.onResponseError(controller, new Error('not written'));
    assert.deepEqual([counts.settled, counts.released, controller.aborted], [1, 1, 0]);
  });

  it('that was given up before its connection was there refuses it, and holds its slot till then', () => {
    const { call, controller, responses, counts, clock } = startCall();
    clock.advance(1000);
    assert.equal(responses[0]?.kind, 'shadow_timeout');
    assert.equal(counts.released, 0);
    assert.throws(() => call.onRequestStart(controller));
    call.onResponseError(controller, new Error('given up before it was sent'));
    assert.deepEqual([responses.length, counts.released], [1, 1]);
  });

  it('that never reached a connection was sent when it was made', () => {
    const { call, controller, responses, clock } = startCall();
    const madeAt = clock.now();
    clock.advance(5);
    call.onResponseError(controller, Object.assign(new Error('x'), { code: 'ECONNREFUSED' }));
    const [response] = responses;
    assert.deepEqual([response?.sentAt, response?.endedAt], [madeAt, madeAt + 5]);
  });

  it('passes over sixteen interim responses and no more', () => {
    const { call, controller, responses } = startCall();
    call.onRequestStart(controller);
    for (let count = 0; count < 16; count += 1) call.onResponseStart(controller, 103);
    assert.equal(responses.length, 0);
    call.onResponseStart(controller, 103);
    assert.equal(responses[0]?.kind, 'shadow_malformed');
    assert.equal(controller.aborted, 1);
  });

  it('leaves no bytes in the budget when its answer breaks off', () => {
    const { call, controller, responses, budget } = startCall();
    call.onRequestStart(controller);
    call.onResponseStart(controller, 200);
    call.onResponseData(controller, Buffer.alloc(40));
    assert.equal(budget.used, 40);
    call.onResponseError(controller, Object.assign(new Error('x'), { code: 'ECONNRESET' }));
    assert.equal(responses[0]?.kind, 'shadow_reset');
    assert.equal(budget.used, 0);
  });

  it('keeps a body that finds the budget used up as length and hash', () => {
    const { call, controller, responses, budget } = startCall();
    budget.take(999);
    call.onRequestStart(controller);
    call.onResponseStart(controller, 200);
    call.onResponseData(controller, Buffer.from('hi'));
    call.onResponseEnd(controller);
    const [response] = responses;
    assert.ok(response?.kind === 'answered');
    assert.deepEqual([response.body.length, response.body.bytes], [2, undefined]);
    assert.equal(budget.used, 999);
  });

  it('is given up without blame when there is no room for its headers, and gives back all it took', () => {
    const large = [Buffer.from('x-large'), Buffer.alloc(6000, 'v')];
    const headers = startCall();
    headers.controller.rawHeaders = large;
    headers.call.onRequestStart(headers.controller);
    headers.call.onResponseStart(headers.controller, 200);
    const trailers = startCall();
    trailers.controller.rawTrailers = large;
    trailers.call.onRequestStart(trailers.controller);
    trailers.call.onResponseStart(trailers.controller, 200);
    trailers.call.onResponseData(trailers.controller, Buffer.from('hi'));
    trailers.call.onResponseEnd(trailers.controller);
    for (const { responses, counts, budget } of [headers, trailers]) {
      const [response] = responses;
      assert.equal(response?.kind, 'cancelled');
      assert.ok('reason' in response && response.reason === 'bytes_exhausted');
      assert.deepEqual(counts, { settled: 1, released: 1, headerMissing: 0 });
      assert.equal(budget.used, 0);
    }
  });

  it('takes room for large headers once, and leaves it to the reader of the answer', () => {
    const { call, controller, responses, budget } = startCall();
    controller.rawHeaders = [Buffer.from('x-large'), Buffer.alloc(4500, 'v')];
    controller.rawTrailers = [Buffer.from('x-t'), Buffer.from('1')];
    call.onRequestStart(controller);
    call.onResponseStart(controller, 200);
    assert.equal(controller.rawHeaders, undefined);
    call.onResponseEnd(controller);
    const [response] = responses;
    assert.ok(response?.kind === 'answered');
    assert.equal(budget.used, headerRoom(response.headers, response.trailers));
    assert.ok(budget.used > 400);
  });

  it('tells once an answer that its egress header is missing, and fails by the header that is there', () => {
    const without = startCall(true);
    without.call.onRequestStart(without.controller);
    without.call.onResponseStart(without.controller, 200);
    without.call.onResponseEnd(without.controller);
    assert.equal(without.responses[0]?.kind, 'answered');
    assert.equal(without.counts.headerMissing, 1);

    const withHeader = startCall(true);
    withHeader.controller.rawHeaders = [
      Buffer.from('X-Twinspan-Egress'),
      Buffer.from('upstream_response_timeout UT'),
    ];
    withHeader.call.onRequestStart(withHeader.controller);
    withHeader.call.onResponseStart(withHeader.controller, 504);
    withHeader.call.onResponseData(withHeader.controller, Buffer.alloc(40));
    assert.equal(withHeader.budget.used, 0);
    withHeader.call.onResponseEnd(withHeader.controller);
    assert.equal(withHeader.responses[0]?.kind, 'shadow_timeout');
  });
});
