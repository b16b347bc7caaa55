import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Answer } from '../../../src/stream/answer.ts';
import type { LiveContext, LiveEvent, LiveListener } from '../../../src/stream/live-event.ts';
import { OpenAnswers, type OpenAnswersOptions } from '../../../src/stream/open-answers.ts';
import { encodePart, encodeRequest, partsOf, type Part } from '../../kit/ext-proc-client.ts';
import { captureLog } from './capture-log.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

const wholeExchange = partsOf({
  request: { method: 'POST', body: 'question' },
  response: { body: 'answer' },
});
const headersOnly: Part = { kind: 'request_headers', headers: [], endOfStream: true };

/** One RPC without a network: what its listener heard, and what was done to the RPC, in order. */
function openOne(options?: Partial<OpenAnswersOptions> & { listener?: LiveListener }) {
  const clock = createManualClock();
  const log = captureLog();
  const heard: LiveEvent[] = [];
  const done: string[] = [];
  const answers = new OpenAnswers({
    clock,
    log: log.log,
    deadlines: () => ({ idleMs: 10_000, maxDurationMs: 60_000 }),
    requireObservability: () => false,
    admit: () => (event) => {
      heard.push(event);
      done.push(event.kind === 'ended' ? `heard ${event.how}` : `heard ${event.kind}`);
      return options?.listener?.(event) ?? 'continue';
    },
    ...options,
  });
  const open = (context: LiveContext = {}): Answer | undefined =>
    answers.open(context, {
      send: (message) => done.push(`sent ${message.toString('hex')}`),
      end: () => done.push('rpc ended'),
    });
  const answer = open()!;
  const send = (part: Part, observability = true): void =>
    answer.onMessage(encodePart(part, { observability }));
  return { answers, answer, clock, done, heard, log, open, send };
}

/** The results that occurred. */
function counted(answers: OpenAnswers): Record<string, number> {
  return Object.fromEntries(Object.entries(answers.results).filter(([, count]) => count > 0));
}

test('the RPC ends in the same tick as the last message, and the listener hears it once', () => {
  const { answers, answer, done, send } = openOne();
  for (const part of wholeExchange) send(part);
  assert.deepEqual(done, [
    'heard request_headers',
    'heard request_body',
    'heard request_body',
    'heard response_headers',
    'heard response_body',
    'heard response_body',
    'rpc ended',
    'heard complete',
  ]);
  answer.onCancel();
  answer.onHalfClose();
  send(headersOnly);
  assert.equal(done.length, 8);
  assert.equal(answers.size, 0);
  assert.deepEqual(counted(answers), { complete: 1 });
});

test('events carry headers, end marks, attributes, trailers and the chunk', () => {
  const { heard, send } = openOne();
  send({
    kind: 'request_headers',
    headers: [[':method', 'POST']],
    attributes: { 'request.id': 'r-1' },
  });
  send({ kind: 'request_body', body: 'abc', endOfStream: false });
  send({ kind: 'request_trailers', trailers: [['x-sum', '1']] });
  const [headers, body, trailers] = heard;
  assert.ok(headers?.kind === 'request_headers');
  assert.deepEqual(headers.headers.flat, [':method', 'POST']);
  assert.equal(headers.attributes.get('request.id'), 'r-1');
  assert.equal(headers.endOfStream, false);
  assert.ok(body?.kind === 'request_body');
  assert.equal(Buffer.from(body.chunk).toString(), 'abc');
  assert.ok(trailers?.kind === 'request_trailers');
  assert.deepEqual(trailers.trailers.flat, ['x-sum', '1']);
});

test('a response that ends before its request waits for the end of the request', () => {
  const { answers, done, send, clock } = openOne();
  send({ kind: 'request_headers', headers: [] });
  send({ kind: 'response_headers', headers: [], endOfStream: true });
  clock.advance(900);
  send({ kind: 'request_body', body: 'late', endOfStream: true });
  assert.deepEqual(done.slice(-2), ['rpc ended', 'heard complete']);
  assert.deepEqual(counted(answers), { complete: 1 });
});

test('a request without an end is given up one second after its response', () => {
  const { answers, done, send, clock } = openOne();
  send({ kind: 'request_headers', headers: [] });
  clock.advance(5_000);
  send({ kind: 'response_headers', headers: [], endOfStream: true });
  clock.advance(900);
  send({ kind: 'request_body', body: 'still uploading' });
  assert.equal(done.at(-1), 'heard request_body');
  clock.advance(200);
  assert.deepEqual(done.slice(-2), ['rpc ended', 'heard request_endless']);
  assert.deepEqual(counted(answers), { request_endless: 1 });
});

test('a response without a request ends the RPC', () => {
  const { done, send } = openOne();
  send({ kind: 'response_headers', headers: [[':status', '403']], endOfStream: true });
  assert.deepEqual(done, ['heard response_headers', 'rpc ended', 'heard complete']);
});

test('a half-close ends an exchange whose end marks are missing', () => {
  const { answers, answer, done, send } = openOne();
  send(headersOnly);
  send({ kind: 'response_headers', headers: [] });
  answer.onHalfClose();
  answer.onCancel();
  assert.deepEqual(done.slice(-2), ['rpc ended', 'heard half_close']);
  assert.deepEqual(counted(answers), { half_close: 1 });
});

test('a stream that goes away is heard as cancelled', () => {
  const { answers, answer, done, send } = openOne();
  send(headersOnly);
  answer.onCancel();
  assert.equal(done.at(-1), 'heard cancelled');
  assert.deepEqual(counted(answers), { cancelled: 1 });
});

test('silence ends an exchange after the idle deadline, each message begins it anew', () => {
  const { answers, clock, done, send } = openOne();
  send({ kind: 'request_headers', headers: [] });
  clock.advance(9_000);
  send({ kind: 'request_body', body: 'a' });
  clock.advance(9_000);
  assert.equal(done.at(-1), 'heard request_body');
  clock.advance(1_100);
  assert.deepEqual(done.slice(-2), ['rpc ended', 'heard idle']);
  assert.deepEqual(counted(answers), { idle: 1 });
});

test('a process that stood still reads what waited before it calls anybody silent', () => {
  const { answers, clock, done, send } = openOne();
  send({ kind: 'request_headers', headers: [] });
  clock.stall(15_000);
  assert.equal(done.at(-1), 'heard request_headers');
  send({ kind: 'request_body', body: 'a' });
  clock.advance(9_000);
  assert.equal(done.at(-1), 'heard request_body');
  clock.advance(1_100);
  assert.deepEqual(counted(answers), { idle: 1 });
});

test('an exchange that never pauses ends after the longest duration', () => {
  const { answers, clock, done, send } = openOne();
  send({ kind: 'request_headers', headers: [] });
  for (let second = 0; second < 59; second += 1) {
    clock.advance(1_000);
    send({ kind: 'request_body', body: 'a' });
  }
  assert.equal(done.at(-1), 'heard request_body');
  clock.advance(1_100);
  assert.deepEqual(done.slice(-2), ['rpc ended', 'heard max_duration']);
  assert.deepEqual(counted(answers), { max_duration: 1 });
});

test('a change of the deadlines holds for the exchanges that open after it', () => {
  let idleMs = 10_000;
  const { answers, clock, done, open, send } = openOne({
    deadlines: () => ({ idleMs, maxDurationMs: 60_000 }),
  });
  send(headersOnly);
  idleMs = 1_000;
  open()!.onMessage(encodePart(headersOnly));
  clock.advance(1_100);
  assert.deepEqual(counted(answers), { idle: 1 });
  assert.equal(answers.size, 1);
  assert.equal(done.filter((entry) => entry === 'heard idle').length, 1);
});

test('one timer serves all open exchanges, and none is left when the last has ended', () => {
  const { answers, answer, clock, open } = openOne();
  const others = Array.from({ length: 100 }, () => open()!);
  assert.equal(clock.timers, 1);
  for (const each of [answer, ...others]) each.onCancel();
  clock.advance(100);
  assert.equal(clock.timers, 0);
  assert.equal(answers.size, 0);
});

test('a listener that wants nothing more ends the RPC and hears nothing more', () => {
  const { answers, answer, done, send } = openOne({ listener: () => 'end' });
  send(headersOnly);
  send({ kind: 'response_headers', headers: [], endOfStream: true });
  answer.onHalfClose();
  answer.onCancel();
  assert.deepEqual(done, ['heard request_headers', 'rpc ended']);
  assert.deepEqual(counted(answers), { unwanted: 1 });
});

test('a listener that wants nothing more at the last part does not hear of the end either', () => {
  const { answers, done, send } = openOne({
    listener: (event) => (event.kind === 'response_headers' ? 'end' : 'continue'),
  });
  send(headersOnly);
  send({ kind: 'response_headers', headers: [], endOfStream: true });
  assert.deepEqual(done, ['heard request_headers', 'heard response_headers', 'rpc ended']);
  assert.deepEqual(counted(answers), { unwanted: 1 });
});

test('a listener that throws loses its exchange and nothing else', () => {
  const { answers, done, log, send, open } = openOne({
    listener: (event) => {
      if (event.kind === 'request_headers') throw new Error('broken listener');
      return 'continue';
    },
  });
  send(headersOnly);
  assert.deepEqual(done, ['heard request_headers', 'rpc ended', 'heard internal']);
  open()!.onMessage(encodePart(headersOnly));
  assert.deepEqual(counted(answers), { internal: 2 });
  assert.deepEqual(
    log.lines.map(({ event }) => event),
    ['listener_failed'],
  );
});

test('a listener that throws at the end is not asked again', () => {
  const { answers, done, send } = openOne({
    listener: (event) => {
      if (event.kind === 'ended') throw new Error('broken listener');
      return 'continue';
    },
  });
  send(headersOnly);
  send({ kind: 'response_headers', headers: [], endOfStream: true });
  assert.deepEqual(done.slice(-2), ['rpc ended', 'heard complete']);
  assert.deepEqual(counted(answers), { complete: 1 });
});

test('what is shed ends at once and is never read', () => {
  const { answers, done } = openOne({ admit: () => 'shed' });
  assert.deepEqual(done, ['rpc ended']);
  assert.deepEqual(counted(answers), { shed: 1 });
  assert.equal(answers.size, 0);
});

test('an admission that throws ends the RPC', () => {
  const { answers, done } = openOne({
    admit: () => {
      throw new Error('broken admission');
    },
  });
  assert.deepEqual(done, ['rpc ended']);
  assert.deepEqual(counted(answers), { internal: 1 });
});

test('the admission hears the trace context of the call', () => {
  const contexts: LiveContext[] = [];
  const { open } = openOne({
    admit: (context) => {
      contexts.push(context);
      return 'shed';
    },
  });
  open({ traceparent: '00-a-b-01' });
  assert.deepEqual(contexts.at(-1), { traceparent: '00-a-b-01' });
});

test('a part out of order ends the RPC and is not handed on', () => {
  const { answers, done, send } = openOne();
  send(headersOnly);
  send({ kind: 'request_body', body: 'after the end' });
  assert.deepEqual(done, ['heard request_headers', 'rpc ended', 'heard out_of_order']);
  assert.deepEqual(counted(answers), { out_of_order: 1 });
});

test('a first message that is none is no exchange, and counts as undecodable', () => {
  const { answers, answer, done } = openOne();
  answer.onMessage(Buffer.from('not protobuf'));
  assert.deepEqual(done, ['rpc ended', 'heard undecodable']);
  assert.deepEqual(counted(answers), { undecodable: 1 });
});

test('a first message whose headers are undecodable is no exchange either', () => {
  const { answers, answer, done } = openOne();
  answer.onMessage(Buffer.of(0x12, 0x05, 0x0a, 0x03, 0x0a, 0x01, 0x0f, 0x50, 0x01));
  assert.deepEqual(done, ['rpc ended', 'heard undecodable']);
  assert.deepEqual(counted(answers), { undecodable: 1 });
});

test('a later message that is none, or that could not be received, cuts an exchange off', () => {
  for (const cut of [
    (answer: Answer) => answer.onMessage(Buffer.from('not protobuf')),
    (answer: Answer) => answer.onUnreadable(),
  ]) {
    const { answers, answer, done, send } = openOne();
    send(headersOnly);
    cut(answer);
    assert.deepEqual(done.slice(-2), ['rpc ended', 'heard undecodable']);
    assert.deepEqual(counted(answers), { undecodable_part: 1 });
  }
});

test('an RPC that ends before its first part is empty, however it ends', () => {
  for (const end of [
    ({ answer }: ReturnType<typeof openOne>) => answer.onHalfClose(),
    ({ answer }: ReturnType<typeof openOne>) => answer.onCancel(),
    ({ clock }: ReturnType<typeof openOne>) => clock.advance(10_100),
    ({ answers }: ReturnType<typeof openOne>) => answers.endAll(),
  ]) {
    const one = openOne();
    // Decodable, and no part of anything: Envoy 1.40 may send such a message.
    one.answer.onMessage(encodeRequest({ observabilityMode: true }));
    end(one);
    assert.deepEqual(counted(one.answers), { empty: 1 });
    assert.deepEqual(
      one.heard.map(({ kind }) => kind),
      ['ended'],
    );
  }
});

test('at shutdown every open RPC ends and is heard, and nothing more is admitted', () => {
  const { answers, done, open, send } = openOne();
  send(headersOnly);
  answers.endAll();
  assert.deepEqual(done, ['heard request_headers', 'rpc ended', 'heard shutdown']);
  assert.equal(open(), undefined);
  assert.deepEqual(done.slice(3), ['rpc ended']);
  assert.deepEqual(counted(answers), { shutdown: 1, empty: 1 });
});

test('a synchronous filter is answered before anything else happens', () => {
  const { answers, done, log, send } = openOne();
  for (const part of wholeExchange) send(part, false);
  assert.deepEqual(done, [
    'sent 0a00',
    'heard request_headers',
    'sent 1a00',
    'heard request_body',
    'sent 1a00',
    'heard request_body',
    'sent 1200',
    'heard response_headers',
    'sent 2200',
    'heard response_body',
    'sent 2200',
    'heard response_body',
    'rpc ended',
    'heard complete',
  ]);
  assert.equal(answers.synchronousStreams, 1);
  assert.deepEqual(
    log.lines.map(({ event }) => event),
    ['synchronous_filter'],
  );
});

test('synchronous filters are warned of once a process, and counted by stream', () => {
  const { answers, log, open, send } = openOne();
  send(headersOnly, false);
  open()!.onMessage(encodePart(headersOnly, { observability: false }));
  assert.equal(answers.synchronousStreams, 2);
  assert.equal(log.lines.length, 1);
});

test('where observability is required, a synchronous filter is let go at its first message', () => {
  const { answers, done, send } = openOne({ requireObservability: () => true });
  send(headersOnly, false);
  assert.deepEqual(done, ['rpc ended', 'heard unsafe']);
  assert.deepEqual(counted(answers), { unsafe: 1 });
  assert.equal(answers.synchronousStreams, 1);
});

test('a filter in full duplex mode is let go at its first message, and the log says that bodies are lost', () => {
  const { answers, answer, done, log } = openOne();
  answer.onMessage(encodeRequest({ requestHeaders: {}, protocolConfig: { requestBodyMode: 4 } }));
  assert.deepEqual(done, ['rpc ended', 'heard unsafe']);
  assert.deepEqual(counted(answers), { unsafe: 1 });
  assert.deepEqual(
    log.lines.map(({ event, level }) => [level, event]),
    [['error', 'full_duplex_filter']],
  );
});

test('a filter in observability mode is never answered', () => {
  const { done, log, send } = openOne({ requireObservability: () => true });
  for (const part of wholeExchange) send(part);
  assert.ok(done.every((entry) => !entry.startsWith('sent')));
  assert.deepEqual(log.lines, []);
});
