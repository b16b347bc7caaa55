/**
 * The stations behind their seams in virtual time: a seeded random schedule of exchanges, aborts, Envoy's own answers,
 * a shadow and a control that answer, fail, hang and come late, comparisons that take their time or fail, pauses, reloads and a
 * shutdown. After every step the books must
 * agree and every bound must hold; at the end nothing may be left. A failing run prints its seed:
 *
 *     TWINSPAN_SIMULATION_SEED=123 node --test test/journey/simulation.test.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ByteBudget } from '../../src/base/byte-budget.ts';
import type { Clock, Timer } from '../../src/base/clock.ts';
import { HeaderList } from '../../src/base/header-list.ts';
import { randomId } from '../../src/base/random-id.ts';
import { compare } from '../../src/comparison/compare.ts';
import type { Comparison } from '../../src/comparison/comparison.ts';
import type { Pair } from '../../src/comparison/pair.ts';
import type { Rules } from '../../src/comparison/rules.ts';
import type { Duplicate } from '../../src/duplicate/duplicate.ts';
import { Queue } from '../../src/duplicate/queue.ts';
import { Ledger } from '../../src/exchange/ledger.ts';
import { compileGeneration, type Generation } from '../../src/generation.ts';
import { Journey } from '../../src/journey.ts';
import { Breaker } from '../../src/shadow/breaker.ts';
import { RateLimit } from '../../src/shadow/rate-limit.ts';
import type { ShadowResponse } from '../../src/shadow/shadow-response.ts';
import { createTargets } from '../../src/targets.ts';
import type { LiveEvent, LiveListener } from '../../src/stream/live-event.ts';
import { configOf } from '../kit/twinspan.ts';

const exchangesPerRun = Number(process.env['TWINSPAN_SIMULATION_EXCHANGES'] ?? 100_000);
/** One schedule that is known to reach every outcome, and one that nobody has seen. */
const knownSeed = 1;
const given = process.env['TWINSPAN_SIMULATION_SEED'];
const seeds =
  given === undefined ? [knownSeed, Math.floor(Math.random() * 2 ** 31)] : [Number(given)];

/** mulberry32 by Tommy Ettinger (public domain): small, and good enough to schedule by. */
function createRandom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Scheduled {
  readonly at: number;
  readonly sequence: number;
  readonly fire: () => void;
  cleared: boolean;
}

/** Time that passes only when the simulation says so; timers fire in their order. */
class VirtualClock implements Clock {
  #now = 0;
  #sequence = 0;
  readonly #heap: Scheduled[] = [];

  now = (): number => this.#now;
  wallNow = (): number => 1_800_000_000_000 + this.#now;

  setTimer(delayMs: number, fire: () => void): Timer {
    const timer = {
      at: this.#now + delayMs,
      sequence: (this.#sequence += 1),
      fire,
      cleared: false,
    };
    this.#push(timer);
    return { clear: () => void (timer.cleared = true) };
  }

  /** Goes to the next timer and fires it; false when there is none. */
  step(): boolean {
    for (;;) {
      const timer = this.#pop();
      if (timer === undefined) return false;
      if (timer.cleared) continue;
      this.#now = timer.at;
      timer.fire();
      return true;
    }
  }

  #push(timer: Scheduled): void {
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(heap[index]!, heap[parent]!)) return;
      [heap[index], heap[parent]] = [heap[parent]!, heap[index]!];
      index = parent;
    }
  }

  #pop(): Scheduled | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    heap[0] = last;
    for (let index = 0; ;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let first = index;
      if (left < heap.length && isBefore(heap[left]!, heap[first]!)) first = left;
      if (right < heap.length && isBefore(heap[right]!, heap[first]!)) first = right;
      if (first === index) return top;
      [heap[index], heap[first]] = [heap[first]!, heap[index]!];
      index = first;
    }
  }
}

function isBefore(left: Scheduled, right: Scheduled): boolean {
  return left.at < right.at || (left.at === right.at && left.sequence < right.sequence);
}

const brokenComparison = new Error('the comparison broke');

class Simulation {
  readonly clock = new VirtualClock();
  readonly random: () => number;
  readonly violations: string[] = [];
  readonly ledger = new Ledger((message) => void this.violations.push(message));
  readonly budget = new ByteBudget(400_000);
  readonly queue: Queue;
  readonly journey: Journey;
  /** Request ids of what reached the one or the other. */
  readonly sent = { shadow: new Set<string>(), control: new Set<string>() };
  /** How many went to the shadow because the control was left alone. */
  turned = 0;
  readonly open = new Set<LiveListener>();
  /** Request ids of exchanges that live broke off, by the time at which it did. */
  readonly aborted = new Map<string, number>();
  /** Comparisons that took their time. */
  slow = 0;
  /** Bytes of the pairs that are being compared. */
  compared = 0;
  comparing = 0;
  /** Errors of comparisons that the schedule made fail. */
  broken = 0;
  begun = 0;
  finished = 0;
  paused = false;
  closed = false;
  generation: Generation;
  readonly #generations: Generation[];
  /** Of its own, so that the schedule does not depend on what is compared. */
  readonly #comparisonRandom: () => number;

  constructor(start: number, dispatch: 'after-live' | 'with-request') {
    this.random = createRandom(start);
    this.#comparisonRandom = createRandom(~start);
    const { clock } = this;
    const targetOf = () => ({
      breaker: new Breaker({ failures: 5, windowMs: 1000, openMs: 500, clock }),
      send: (duplicate: Duplicate, signal: AbortSignal) => this.#send(duplicate, signal),
    });
    const targets = createTargets(targetOf(), targetOf());
    const rateLimit = new RateLimit({ ratePerSecond: 300, clock });
    this.#generations = [1, 0.5].map((ratio) =>
      compileGeneration(
        configOf({
          shadow: { url: 'http://127.0.0.1:1', dispatch },
          control: { url: 'http://127.0.0.1:2', ratio: 0.2 },
          capture: { maxBodyBytes: '4KiB', maxExchanges: 75 },
          routes: [
            {
              name: 'all',
              match: { path: '/**', methods: ['GET', 'POST'] },
              effects: 'none',
              sample: { ratio },
            },
          ],
        }).config,
        {
          instance: 'simulation',
          hmacKey: Buffer.alloc(32),
          paused: () => this.paused,
          wallNow: clock.wallNow,
          pressure: (target) => {
            if (this.budget.used >= this.budget.max) return 'bytes_exhausted';
            if (!targets.permits(target)) return 'circuit_open';
            return rateLimit.take() ? undefined : 'over_rate';
          },
          compare: (pair, rules) => this.#compare(pair, rules),
          onTrouble: (error) => void this.violations.push(String(error)),
        },
      ),
    );
    this.generation = this.#generations[0]!;
    this.queue = new Queue({
      limits: { requests: 25, bytes: 100_000, concurrency: 12 },
      deliver: (duplicate, signal) => this.journey.deliver(duplicate, signal),
      onInternal: (error) => void this.violations.push(`deliver threw: ${String(error)}`),
      clock,
    });
    this.journey = new Journey({
      clock,
      ledger: this.ledger,
      budget: this.budget,
      generation: () => this.generation,
      loopDelayMs: () => (this.random() < 0.001 ? 200_000 : 0),
      paused: () => this.paused,
      drawTrace: () => ({
        traceId: randomId(16),
        pairSpanId: randomId(8),
        shadowSpanId: randomId(8),
        sampled: true,
      }),
      queue: this.queue,
      targets,
      enroll:
        () =>
        ({ exchange, shadow, outcome, comparison }) => {
          this.finished += 1;
          if (shadow?.duplicate.target === 'control') {
            const compared = ['match', 'mismatch', 'incomparable'].includes(outcome);
            assert.ok(
              !compared && !outcome.startsWith('shadow_'),
              `the control made it ${outcome}`,
            );
            assert.equal(comparison !== undefined && outcome !== 'control', false);
          }
          if (dispatch === 'after-live' && this.aborted.has(exchange.requestId)) {
            assert.equal(shadow, undefined, 'an aborted exchange was sent');
          }
        },
      onAttributesMissing: () => {},
      onTrouble: (error) => {
        if (error === brokenComparison) this.broken += 1;
        else this.violations.push(String(error));
      },
    });
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  later(meanMs: number, fire: () => void): void {
    this.clock.setTimer(-Math.log(1 - this.random()) * meanMs, fire);
  }

  /** One exchange of the schedule: its parts come one by one, unless something breaks it off. */
  begin(): void {
    this.begun += 1;
    const requestId = `request-${this.begun}`;
    const listener = this.journey.admit({});
    if (listener === 'shed') return;
    this.open.add(listener);
    const events = this.#schedule(requestId);
    const whole = events.length;
    const next = (): void => {
      if (!this.open.has(listener)) return;
      // An RPC without a part is no exchange, and one with all of them cannot be broken off.
      if (events.length > 0 && events.length < whole && this.chance(0.004)) {
        this.aborted.set(requestId, this.clock.now());
        this.#end(listener, this.chance(0.5) ? 'half_close' : 'cancelled');
        return;
      }
      const event = events.shift();
      if (event === undefined) {
        this.#end(listener, 'complete');
        return;
      }
      if (listener(event) === 'end') this.open.delete(listener);
      else this.later(events.length > 3 ? 2 : 8, next);
    };
    next();
  }

  #end(listener: LiveListener, how: 'half_close' | 'cancelled' | 'complete' | 'shutdown'): void {
    this.open.delete(listener);
    listener({ kind: 'ended', how });
  }

  #schedule(requestId: string): LiveEvent[] {
    const ownAnswer = this.chance(0.02);
    const upgrade = this.chance(0.005);
    const hasBody = this.chance(0.5);
    const size = Math.floor(this.random() ** 6 * 12_000);
    const marker: [string, string][] = this.chance(0.01) ? [['x-twinspan-shadow', 'other;1']] : [];
    const events: LiveEvent[] = [
      {
        kind: 'request_headers',
        headers: HeaderList.fromPairs([
          [':method', hasBody ? 'POST' : this.chance(0.05) ? 'DELETE' : 'GET'],
          [':path', this.chance(0.02) ? '/a?_method=put' : '/a'],
          [':authority', 'shop.example'],
          ['x-request-id', requestId],
          ...(upgrade ? ([['upgrade', 'websocket']] as const) : []),
          ...marker,
        ]),
        endOfStream: !hasBody,
        attributes: new Map([['request.protocol', 'HTTP/1.1']]),
      },
    ];
    if (hasBody) {
      events.push({ kind: 'request_body', chunk: Buffer.alloc(size), endOfStream: false });
      events.push({ kind: 'request_body', chunk: Buffer.alloc(0), endOfStream: true });
    }
    events.push({
      kind: 'response_headers',
      headers: HeaderList.fromPairs([
        [':status', ownAnswer ? '503' : '200'],
        ['content-type', 'application/json'],
      ]),
      endOfStream: false,
      attributes: new Map([
        ['response.code_details', ownAnswer ? 'no_healthy_upstream' : 'via_upstream'],
        ['upstream.request_attempt_count', this.chance(0.5) ? '1' : '0'],
      ]),
    });
    events.push({
      kind: 'response_body',
      chunk: Buffer.from(
        JSON.stringify({ value: this.chance(0.9) ? 1 : 2, pad: 'x'.repeat(size) }),
      ),
      endOfStream: true,
    });
    return events;
  }

  #send(duplicate: Duplicate, signal: AbortSignal): Promise<ShadowResponse> {
    const { request, target, head } = duplicate;
    const { id } = request;
    const { shadow, control } = this.sent;
    assert.ok(!shadow.has(id) && !control.has(id), `${id} was sent twice`);
    this.sent[target].add(id);
    if (this.generation.targetOf(head) !== target) this.turned += 1;
    const sentAt = this.clock.now();
    return new Promise((resolve) => {
      const end = (response: ShadowResponse): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(response);
      };
      const base = { duplicate, sentAt };
      const onAbort = (): void => {
        timer.clear();
        end({ ...base, kind: 'cancelled', endedAt: this.clock.now() });
      };
      signal.addEventListener('abort', onAbort);
      const ill = Math.floor(this.clock.now() / 5000) % 4 === (target === 'shadow' ? 3 : 2);
      const fails = this.chance(ill ? 0.9 : 0.002);
      const timer = this.clock.setTimer(this.random() ** 4 * 120, () => {
        const endedAt = this.clock.now();
        if (fails) {
          const kind = this.chance(0.5) ? 'shadow_timeout' : 'shadow_reset';
          end({ ...base, kind, errorType: 'test', endedAt });
          return;
        }
        const bytes = Buffer.from('{"value":1,"pad":""}');
        const kept = this.budget.take(bytes.length);
        end({
          ...base,
          kind: 'answered',
          status: 200,
          headers: HeaderList.fromPairs([['content-type', 'application/json']]),
          body: kept
            ? { length: bytes.length, bytes }
            : { length: bytes.length, sha256: 'ab'.repeat(32) },
          trailers: HeaderList.empty,
          endedAt,
        });
      });
    });
  }

  /** Some at once, some later, and a few not at all. */
  #compare(pair: Pair, rules: Rules): Comparison | Promise<Comparison> {
    const comparison = compare(pair, rules);
    if (this.#comparisonRandom() >= 0.3) return comparison;
    const bytes =
      (pair.exchange.response.body.bytes?.length ?? 0) + (pair.shadow.body.bytes?.length ?? 0);
    this.slow += 1;
    this.comparing += bytes;
    const breaks = this.#comparisonRandom() < 0.01;
    return new Promise((resolve, reject) => {
      this.clock.setTimer(this.#comparisonRandom() * 60, () => {
        // A shutdown gives back what is still being compared.
        if (!this.closed) this.comparing -= bytes;
        if (breaks) reject(brokenComparison);
        else resolve(comparison);
      });
    });
  }

  pause(): void {
    this.paused = true;
    this.later(100, () => void (this.paused = false));
  }

  reload(): void {
    this.generation = this.#generations[this.chance(0.5) ? 0 : 1]!;
  }

  checkStep(): void {
    const { exchanges: books, shadow, control } = this.ledger.balances();
    assert.ok(
      books && shadow && control,
      `the books do not agree: ${JSON.stringify(this.ledger.totals())}`,
    );
    assert.deepEqual(this.violations, []);
    assert.ok(this.budget.used >= 0 && this.budget.used <= this.budget.max, 'byte budget');
    assert.ok(this.closed || this.budget.used >= this.comparing, 'bytes that are being compared');
    assert.ok(this.queue.length <= 25 && this.queue.bytes <= 100_000, 'queue');
    assert.ok(this.queue.inFlight <= 12, 'concurrency');
    const totals = this.ledger.totals();
    assert.equal(totals.shadow.sent, this.sent.shadow.size);
    assert.equal(totals.control.sent, this.sent.control.size);
  }

  shutdown(): void {
    for (const listener of this.open) this.#end(listener, 'shutdown');
    for (const duplicate of this.queue.close()) this.journey.abandon(duplicate, 'shutdown');
    this.journey.giveUpComparisons();
    this.closed = true;
  }
}

for (const [dispatch, seed] of (['after-live', 'with-request'] as const).flatMap((mode) =>
  seeds.map((start) => [mode, start] as const),
)) {
  test(`${dispatch}: ${exchangesPerRun} exchanges by a random schedule, and the books agree at every step (seed ${seed})`, async () => {
    const simulation = new Simulation(seed, dispatch);
    const { clock } = simulation;
    const arrive = (): void => {
      if (simulation.begun >= exchangesPerRun) return;
      simulation.begin();
      if (simulation.chance(0.0005)) simulation.pause();
      if (simulation.chance(0.001)) simulation.reload();
      // Bursts of ten times the usual rate, so that every bound is met.
      const burst = Math.floor(clock.now() / 3000) % 5 === 4;
      simulation.later(burst ? 0.2 : 2, arrive);
    };
    arrive();
    while (clock.step()) {
      // Promises of the delivery settle before time goes on.
      await Promise.resolve();
      await Promise.resolve();
      simulation.checkStep();
      if (simulation.begun >= exchangesPerRun && simulation.open.size > 0) {
        simulation.shutdown();
        for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      }
    }
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    simulation.checkStep();
    const totals = simulation.ledger.totals();
    assert.equal(totals.seen, exchangesPerRun);
    assert.equal(totals.inFlight, 0, JSON.stringify(totals));
    assert.equal(totals.shadow.inFlight + totals.control.inFlight, 0);
    const { answered, failed } = totals.control;
    assert.equal(totals.outcomes['control'] ?? 0, answered + failed);
    assert.equal(simulation.budget.used, 0, 'captured bytes are given back');
    assert.equal(simulation.queue.length + simulation.queue.inFlight, 0);
    assert.ok(simulation.slow > 0, 'some comparisons take their time');
    assert.ok((totals.outcomes['internal'] ?? 0) <= simulation.broken);
    if (seed !== knownSeed) return;
    assert.ok((totals.outcomes['internal'] ?? 0) > 0, 'some comparisons broke');
    assert.ok(answered > 0 && failed > 0, 'the control answers and fails');
    assert.ok(simulation.turned > 0, 'some go to the shadow instead of an ill control');
    for (const outcome of [
      'match',
      'mismatch',
      'control',
      'shadow_timeout',
      'circuit_open',
      'queue_full',
      'over_rate',
      'body_too_large',
      'local_reply',
      'live_upstream_failed',
      'live_aborted',
      'live_incomplete',
      'loop_guard',
      'loop_lag',
      'over_capacity',
      'paused',
      'sampled_out',
      'side_effect_guard',
      'upgrade',
    ] as const) {
      assert.ok(
        (totals.outcomes[outcome] ?? 0) > 0,
        `no ${outcome}: ${JSON.stringify(totals.outcomes)}`,
      );
    }
  });
}
