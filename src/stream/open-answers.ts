/**
 * All RPCs that are open on one server: admits them, ends those whose deadline has passed (one coarse timer for
 * all, because a timer an RPC would cost more than the RPC), and counts how they ended.
 */
import type { Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { describeFault } from '../base/fault.ts';
import { Answer, type AnswerSeams, type Call } from './answer.ts';
import type { Admit, LiveContext } from './live-event.ts';
import { noResults, type StreamResult } from './stream-result.ts';
import { Scan } from './wire.ts';

/** How late a deadline may be noticed. */
const sweepMs = 100;
/** Later than that the process itself stood still, and Envoy's messages wait unread in the socket. */
const stalledMs = 1000;

export interface OpenAnswersOptions extends Pick<
  AnswerSeams,
  'clock' | 'deadlines' | 'requireObservability'
> {
  readonly admit: Admit;
  readonly log: Log;
}

export class OpenAnswers {
  readonly #options: OpenAnswersOptions;
  readonly #seams: AnswerSeams;
  readonly #open = new Set<Answer>();
  readonly #results = noResults();
  readonly #warned = new Set<string>();
  #synchronousStreams = 0;
  #isShutDown = false;
  #sweep: Timer | undefined;

  constructor(options: OpenAnswersOptions) {
    this.#options = options;
    const { clock, deadlines, requireObservability } = options;
    this.#seams = {
      clock,
      scan: new Scan(),
      deadlines,
      requireObservability,
      onSynchronous: (fullDuplex) => this.#onSynchronous(fullDuplex),
      onResult: (answer, result) => {
        this.#open.delete(answer);
        this.#results[result] += 1;
      },
      onTrouble: (error) => this.#onTrouble(error),
    };
  }

  get size(): number {
    return this.#open.size;
  }

  get results(): Readonly<Record<StreamResult, number>> {
    return this.#results;
  }

  /** RPCs of filters that wait for answers. */
  get synchronousStreams(): number {
    return this.#synchronousStreams;
  }

  /** Ends `call` at once and returns undefined when the exchange is not admitted. */
  open(context: LiveContext, call: Call): Answer | undefined {
    const listener = this.#admit(context);
    if (typeof listener === 'string') {
      this.#results[listener] += 1;
      call.end();
      return undefined;
    }
    const answer = new Answer(call, listener, this.#seams);
    this.#open.add(answer);
    if (this.#sweep === undefined) this.#armSweep();
    return answer;
  }

  /** Ends every open RPC with OK, their listeners hear `shutdown`; nothing is admitted from now on. */
  endAll(): void {
    this.#isShutDown = true;
    for (const answer of this.#open) answer.shutdown();
  }

  #admit(context: LiveContext): ReturnType<Admit> | 'internal' | 'empty' {
    if (this.#isShutDown) return 'empty';
    try {
      return this.#options.admit(context);
    } catch (error) {
      this.#onTrouble(error);
      return 'internal';
    }
  }

  #armSweep(): void {
    const { clock } = this.#options;
    const dueAt = clock.now() + sweepMs;
    this.#sweep = clock.setTimer(sweepMs, () => {
      this.#sweep = undefined;
      const now = clock.now();
      // After a stall timers come before what was received: nobody was silent, so the next sweep decides.
      if (now - dueAt < stalledMs) for (const answer of this.#open) answer.checkDeadlines(now);
      if (this.#open.size > 0) this.#armSweep();
    });
  }

  #onSynchronous(fullDuplex: boolean): void {
    this.#synchronousStreams += 1;
    const event = fullDuplex ? 'full_duplex_filter' : 'synchronous_filter';
    if (this.#warned.has(event)) return;
    this.#warned.add(event);
    const { log } = this.#options;
    if (fullDuplex) {
      log.error(
        { event },
        'the ext_proc filter is in full duplex mode: customers lose bodies, because Envoy forwards only what it ' +
          'gets back. Set observability_mode: true on the filter now',
      );
    } else {
      log.warn(
        { event },
        'the ext_proc filter waits for an answer to each part of an exchange, which customers feel. Set ' +
          'observability_mode: true on the filter',
      );
    }
  }

  #onTrouble(error: unknown): void {
    if (this.#warned.has('listener_failed')) return;
    this.#warned.add('listener_failed');
    this.#options.log.error(
      { event: 'listener_failed', ...describeFault(error) },
      'following an exchange failed; further failures are counted only',
    );
  }
}
