/**
 * Hands on what exchanges came to in the order in which they were dispatched, however long each took: a slow failure
 * must not be counted after the quick successes that were dispatched behind it, or the counts would look too good
 * until it comes. What is older than any exchange can be is passed over as lost, so one that hangs holds up the
 * others for a bounded time; and the number of those that wait is bounded.
 */
import type { Clock } from '../../base/clock.ts';

export interface WatermarkOptions<Key, Value> {
  readonly clock: Clock;
  /** More than a live answer, the shadow's and their comparison can take together. */
  readonly maxAgeMs: number;
  readonly maxWaiting: number;
  readonly release: (key: Key, value: Value) => void;
  /** It did not end in time; `crowded`: because too many wait, so that the order is broken. What comes of it later is not told. */
  readonly lose: (key: Key, why: 'late' | 'crowded') => void;
}

/** The place of one exchange in the order. */
export interface Place<Value> {
  /** Says what it came to, undefined when it counts nowhere. A second time, or after it was lost, does nothing. */
  settle(value: Value | undefined): void;
}

interface Waiting<Key, Value> {
  readonly key: Key;
  readonly openedAt: number;
  state: 'open' | 'settled' | 'gone';
  value: Value | undefined;
}

/** Places that are over are cleared away when there are so many. */
const clearance = 1024;

export class Watermark<Key, Value> {
  readonly #options: WatermarkOptions<Key, Value>;
  #line: Waiting<Key, Value>[] = [];
  #first = 0;

  constructor(options: WatermarkOptions<Key, Value>) {
    this.#options = options;
  }

  /** Those that were dispatched and not handed on yet. */
  get waiting(): number {
    return this.#line.length - this.#first;
  }

  open(key: Key): Place<Value> {
    this.advance();
    if (this.waiting >= this.#options.maxWaiting) this.#lose('crowded');
    const place: Waiting<Key, Value> = {
      key,
      openedAt: this.#options.clock.now(),
      state: 'open',
      value: undefined,
    };
    this.#line.push(place);
    return {
      settle: (value) => {
        if (place.state !== 'open') return;
        place.state = 'settled';
        place.value = value;
        this.advance();
      },
    };
  }

  /** Hands on what is due; also to be called before the counts are read, since time alone makes places late. */
  advance(): void {
    const { release, clock, maxAgeMs } = this.#options;
    const now = clock.now();
    for (;;) {
      const place = this.#line[this.#first];
      if (place === undefined) break;
      if (place.state === 'settled') {
        this.#leave(place);
        if (place.value !== undefined) release(place.key, place.value);
      } else if (now - place.openedAt > maxAgeMs) {
        this.#lose('late');
      } else break;
    }
  }

  #lose(why: 'late' | 'crowded'): void {
    const place = this.#line[this.#first];
    if (place === undefined) return;
    this.#leave(place);
    this.#options.lose(place.key, why);
    // Those behind it that are over waited for it alone.
    if (why === 'crowded') this.advance();
  }

  #leave(place: Waiting<Key, Value>): void {
    place.state = 'gone';
    this.#first += 1;
    if (this.#first < clearance || this.#first < this.#line.length / 2) return;
    this.#line = this.#line.slice(this.#first);
    this.#first = 0;
  }
}
