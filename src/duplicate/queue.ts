/**
 * The waiting room in front of the shadow: bounded by count and by bytes, in order of arrival, with a limit
 * on how many are delivered at once. Full means that the newest is turned away, so that what was accepted
 * is never lost for what came later. Nothing waits on the live side's account: `offer` answers at once.
 */
import type { Clock } from '../base/clock.ts';
import type { Duplicate } from './duplicate.ts';

export interface QueueLimits {
  /** How many may wait. */
  readonly requests: number;
  /** How many bytes of bodies and headers may wait. */
  readonly bytes: number;
  /** How many may be delivered at once. */
  readonly concurrency: number;
}

export interface QueueOptions {
  readonly limits: QueueLimits;
  /** Sends one duplicate and ends when it is over; the signal asks it to give up. Must not throw. */
  readonly deliver: (duplicate: Duplicate, signal: AbortSignal) => Promise<void>;
  /** Hears of a `deliver` that threw all the same; the slot is free again. */
  readonly onInternal: (error: unknown, duplicate: Duplicate) => void;
  readonly clock: Clock;
}

/** An item of the list of waiting duplicates, or one that is being delivered. */
interface Entry {
  readonly duplicate: Duplicate;
  readonly bytes: number;
  abort: AbortController | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
}

export class Queue {
  readonly #deliver: QueueOptions['deliver'];
  readonly #onInternal: QueueOptions['onInternal'];
  readonly #clock: Clock;
  /** Everything that waits or is in flight. */
  readonly #entries = new Map<Duplicate, Entry>();
  readonly #idleListeners = new Set<() => void>();
  #limits: QueueLimits;
  // A linked list, because withdrawing from the middle must be as cheap as taking from the front.
  #first: Entry | undefined;
  #last: Entry | undefined;
  #length = 0;
  #bytes = 0;
  #inFlight = 0;
  #closed = false;

  constructor(options: QueueOptions) {
    this.#limits = options.limits;
    this.#deliver = options.deliver;
    this.#onInternal = options.onInternal;
    this.#clock = options.clock;
  }

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of bodies and headers that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many are being delivered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get limits(): QueueLimits {
    return this.#limits;
  }

  /** New limits hold from now on; what already waits above them stays. */
  set limits(limits: QueueLimits) {
    this.#limits = limits;
    this.#deliverNext();
  }

  /** Delivers the duplicate now or lets it wait. After `close` everything is turned away. */
  offer(duplicate: Duplicate): 'accepted' | 'queue_full' {
    if (this.#closed) return 'queue_full';
    if (this.#length === 0 && this.#inFlight < this.#limits.concurrency) {
      void this.#run(this.#enter(duplicate, 0));
      return 'accepted';
    }
    const bytes = sizeOf(duplicate);
    if (this.#length >= this.#limits.requests || this.#bytes + bytes > this.#limits.bytes) {
      return 'queue_full';
    }
    this.#append(this.#enter(duplicate, bytes));
    return 'accepted';
  }

  /**
   * The live side ended badly. `withdrawn`: it was waiting and is now gone, the caller accounts for it.
   * `cancelled`: it is on its way and its delivery was asked to give up. `absent`: it is over already.
   */
  withdraw(duplicate: Duplicate): 'withdrawn' | 'cancelled' | 'absent' {
    const entry = this.#entries.get(duplicate);
    if (entry === undefined) return 'absent';
    if (entry.abort !== undefined) {
      entry.abort.abort();
      return 'cancelled';
    }
    this.#remove(entry);
    this.#entries.delete(duplicate);
    this.#notifyWhenIdle();
    return 'withdrawn';
  }

  /** Ends with true when nothing waits and nothing is in flight, with false when that took too long. */
  drain(timeoutMs: number): Promise<boolean> {
    if (this.#entries.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(timeoutMs, () => {
        this.#idleListeners.delete(onIdle);
        resolve(false);
      });
      const onIdle = (): void => {
        timer.clear();
        resolve(true);
      };
      this.#idleListeners.add(onIdle);
    });
  }

  /**
   * Turns everything away from now on, asks all deliveries to give up, and hands back what was still
   * waiting, in order: the caller accounts for it. Idempotent.
   */
  close(): readonly Duplicate[] {
    this.#closed = true;
    const waiting: Duplicate[] = [];
    for (let entry = this.#first; entry !== undefined; entry = this.#first) {
      this.#remove(entry);
      this.#entries.delete(entry.duplicate);
      waiting.push(entry.duplicate);
    }
    for (const entry of this.#entries.values()) entry.abort?.abort();
    this.#notifyWhenIdle();
    return waiting;
  }

  #enter(duplicate: Duplicate, bytes: number): Entry {
    const entry: Entry = {
      duplicate,
      bytes,
      abort: undefined,
      previous: undefined,
      next: undefined,
    };
    this.#entries.set(duplicate, entry);
    return entry;
  }

  #append(entry: Entry): void {
    entry.previous = this.#last;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#length += 1;
    this.#bytes += entry.bytes;
  }

  #remove(entry: Entry): void {
    if (entry.previous === undefined) this.#first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.#last = entry.previous;
    else entry.next.previous = entry.previous;
    entry.previous = undefined;
    entry.next = undefined;
    this.#length -= 1;
    this.#bytes -= entry.bytes;
  }

  #deliverNext(): void {
    while (this.#first !== undefined && this.#inFlight < this.#limits.concurrency) {
      const entry = this.#first;
      this.#remove(entry);
      void this.#run(entry);
    }
  }

  async #run(entry: Entry): Promise<void> {
    const abort = new AbortController();
    entry.abort = abort;
    this.#inFlight += 1;
    try {
      await this.#deliver(entry.duplicate, abort.signal);
    } catch (error) {
      this.#onInternal(error, entry.duplicate);
    }
    this.#inFlight -= 1;
    this.#entries.delete(entry.duplicate);
    this.#deliverNext();
    this.#notifyWhenIdle();
  }

  #notifyWhenIdle(): void {
    if (this.#entries.size > 0) return;
    for (const onIdle of this.#idleListeners) onIdle();
    this.#idleListeners.clear();
  }
}

function sizeOf({ request, headers }: Duplicate): number {
  let size = request.path.length + (request.body.bytes?.length ?? 0);
  for (const part of headers.flat) size += part.length;
  return size;
}
