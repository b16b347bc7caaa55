/**
 * The way from an ended span to the collector: a bounded queue in front of a few senders. `onEnd` stores a
 * reference and nothing else; serialising happens in a turn of the event loop of its own, one batch a turn. What
 * does not fit, fails or comes too late is dropped and counted. At every instant
 *
 *     created = exported + dropped + queued        (queued includes what is being exported)
 *
 * The SDK's own BatchSpanProcessor is not used: it serialises inside `span.end()`, starts more and more exports
 * while a collector fails, and loses most of a full queue when it shuts down.
 */
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';

import type { Clock, Timer } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { Backoff } from './backoff.ts';
import { SpanRoom, type SpanBatch } from './span-room.ts';

export const dropReasons = [
  'queue_full',
  'export_failed',
  'export_timeout',
  'rejected',
  'shutdown',
] as const;
export type DropReason = (typeof dropReasons)[number];

export type SendResult =
  | {
      readonly kind: 'sent';
      /** Spans that the collector says it did not take. */ readonly rejected: number;
    }
  | { readonly kind: 'failed'; readonly message: string };

/** One export at a time. */
export interface SpanSender {
  /** Calls `done` exactly once, sooner or later; may throw instead. */
  send(spans: ReadableSpan[], done: (result: SendResult) => void): void;
  /** Cuts what is under way, so that `done` comes soon. */
  abandon(): void;
}

export interface SpanCounts {
  readonly created: number;
  readonly exported: number;
  readonly queued: number;
  /** Estimated memory of what is queued. */
  readonly queuedBytes: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
}

export interface SpanQueueOptions {
  /** As many exports are in flight at most. */
  readonly senders: readonly SpanSender[];
  readonly clock: Clock;
  readonly maxSpans: number;
  /** Of the estimated memory of all spans held, those being exported included. */
  readonly maxBytes: number;
  readonly exportTimeoutMs: number;
  readonly batchSpans?: number;
  /** How long a span waits for others at most, while nothing is wrong. */
  readonly delayMs?: number;
  /** Hears of batches that were lost on their way; must not throw. */
  readonly onLoss?: (reason: DropReason, message: string) => void;
}

const fullMessage = 'the queue of spans is full';

export class SpanQueue implements SpanProcessor {
  readonly #options: SpanQueueOptions;
  readonly #clock: Clock;
  readonly #batchSpans: number;
  readonly #delayMs: number;
  readonly #idle: SpanSender[];
  readonly #room: SpanRoom;
  /** Batches whose end is not counted yet. */
  readonly #inFlight = new Set<SpanBatch>();
  #created = 0;
  #exported = 0;
  readonly #dropped = {
    queue_full: 0,
    export_failed: 0,
    export_timeout: 0,
    rejected: 0,
    shutdown: 0,
  };
  #timer: Timer | undefined;
  #turn: NodeJS.Immediate | undefined;
  /** A span has waited long enough: a batch need not be full. */
  #due = false;
  /** How many callers wait for the queue to be empty; then nothing is put off. */
  #draining = 0;
  readonly #onEmpty = new Set<() => void>();
  readonly #backoff = new Backoff();
  #stopped: Promise<void> | undefined;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#batchSpans = options.batchSpans ?? 128;
    this.#delayMs = options.delayMs ?? 1000;
    this.#idle = [...options.senders];
    this.#room = new SpanRoom(options);
  }

  get counts(): SpanCounts {
    return {
      created: this.#created,
      exported: this.#exported,
      queued: this.#room.held,
      queuedBytes: this.#room.heldBytes,
      dropped: { ...this.#dropped },
    };
  }

  /** Whether so many spans would be taken now, so that none need be made in vain. */
  hasRoomFor(spans: number): boolean {
    return this.#room.hasRoomFor(spans);
  }

  /** Counts spans as dropped (`queue_full`) that were never made, because there was no room for them. */
  refuse(spans: number): void {
    this.#created += spans;
    this.#dropped.queue_full += spans;
    this.#options.onLoss?.('queue_full', fullMessage);
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#stopped !== undefined) {
      this.#created += 1;
      this.#dropped.shutdown += 1;
      return;
    }
    if (!this.#room.admit(span)) {
      this.refuse(1);
      return;
    }
    this.#created += 1;
    this.#schedule();
  }

  forceFlush(): Promise<void> {
    return this.flush(this.#options.exportTimeoutMs);
  }

  /** Resolves when every span held has left the queue, one way or the other, or after `deadlineMs`. */
  async flush(deadlineMs: number): Promise<void> {
    this.#draining += 1;
    this.#schedule();
    await this.#emptyWithin(deadlineMs);
    this.#draining -= 1;
  }

  /** Exports what it can within `deadlineMs`; the rest, and whatever ends later, is dropped as `shutdown`. */
  shutdown(deadlineMs = 2000): Promise<void> {
    this.#stopped ??= this.#drainAndStop(deadlineMs);
    return this.#stopped;
  }

  async #drainAndStop(deadlineMs: number): Promise<void> {
    await this.flush(deadlineMs);
    this.#timer?.clear();
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    this.#inFlight.add(this.#room.take(Infinity));
    for (const batch of this.#inFlight) this.#drop(batch, 'shutdown');
    for (const sender of this.#options.senders) sender.abandon();
  }

  #schedule(): void {
    if (this.#room.waiting === 0 || this.#turn !== undefined) return;
    const ready = this.#room.waiting >= this.#batchSpans || this.#due || this.#draining > 0;
    if (ready && this.#mayExport()) {
      this.#turn = setImmediate(() => this.#exportOne());
      return;
    }
    if (this.#timer !== undefined) return;
    const pauseMs = this.#backoff.remainingMs(this.#clock.now());
    this.#timer = this.#clock.setTimer(Math.max(this.#delayMs, pauseMs), () => {
      this.#timer = undefined;
      this.#due = true;
      this.#schedule();
    });
  }

  /** While the collector fails, one batch after each pause asks whether it is back. */
  #mayExport(): boolean {
    if (this.#idle.length === 0) return false;
    if (this.#draining > 0) return true;
    switch (this.#backoff.state(this.#clock.now())) {
      case 'working':
        return true;
      case 'paused':
        return false;
      case 'probing':
        return this.#idle.length === this.#options.senders.length;
    }
  }

  #exportOne(): void {
    this.#turn = undefined;
    if (this.#room.waiting > 0 && this.#mayExport()) this.#export(this.#idle.pop()!);
    if (this.#room.waiting === 0) this.#due = false;
    this.#schedule();
  }

  #export(sender: SpanSender): void {
    const batch = this.#room.take(this.#batchSpans);
    this.#inFlight.add(batch);
    let limit: Timer;
    // The sender stays taken until it has called back, so that no more exports exist than senders.
    const limitTime = (): void => {
      limit = this.#clock.setTimer(this.#options.exportTimeoutMs, () => {
        this.#fail(batch, 'export_timeout', `no answer in ${this.#options.exportTimeoutMs} ms`);
        sender.abandon();
        limitTime();
      });
    };
    limitTime();
    const done = (result: SendResult): void => {
      limit.clear();
      this.#idle.push(sender);
      if (result.kind === 'sent') this.#succeed(batch, result.rejected);
      else this.#fail(batch, 'export_failed', result.message);
      this.#schedule();
    };
    try {
      sender.send(batch.spans, done);
    } catch (thrown) {
      done({ kind: 'failed', message: messageOf(thrown) });
    }
  }

  #succeed(batch: SpanBatch, rejected: number): void {
    if (!this.#settle(batch)) return;
    this.#backoff.succeeded();
    const refused = Math.min(rejected, batch.spans.length);
    this.#exported += batch.spans.length - refused;
    this.#dropped.rejected += refused;
    if (refused > 0) this.#options.onLoss?.('rejected', `the collector refused ${refused} spans`);
    this.#tellIfEmpty();
  }

  #fail(batch: SpanBatch, reason: DropReason, message: string): void {
    if (!this.#inFlight.has(batch)) return;
    this.#backoff.failed(this.#clock.now());
    this.#options.onLoss?.(reason, message);
    this.#drop(batch, reason);
  }

  #drop(batch: SpanBatch, reason: DropReason): void {
    if (!this.#settle(batch)) return;
    this.#dropped[reason] += batch.spans.length;
    this.#tellIfEmpty();
  }

  /** False when the batch was counted before: a late answer to an export that was given up changes nothing. */
  #settle(batch: SpanBatch): boolean {
    if (!this.#inFlight.delete(batch)) return false;
    this.#room.release(batch);
    return true;
  }

  #tellIfEmpty(): void {
    if (this.#room.held > 0) return;
    for (const tell of this.#onEmpty) tell();
  }

  #emptyWithin(deadlineMs: number): Promise<void> {
    if (this.#room.held === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        deadline.clear();
        this.#onEmpty.delete(finish);
        resolve();
      };
      const deadline = this.#clock.setTimer(deadlineMs, finish);
      this.#onEmpty.add(finish);
    });
  }
}
