/**
 * Where a pair is compared: a small one at once on the thread that asks, one that could hold that thread up on a worker
 * with a bound on its time, so that no answer of any service delays the live side. A pair whose comparison takes or
 * waits too long, or comes when too much is waiting, is `incomparable` (`compare_timeout`).
 */
import type { Body } from '../base/body-buffer.ts';
import type { Clock } from '../base/clock.ts';
import type { HeaderList } from '../base/header-list.ts';
import { WorkerPool, type TaskEnd } from '../base/worker-pool.ts';
import { moduleBeside } from '../base/worker.ts';
import { compare } from './compare.ts';
import type { CompareAnswer, CompareTask } from './compare-worker.ts';
import type { Comparison } from './comparison.ts';
import { maxDecodedBytes } from './content-encoding.ts';
import { incomparable } from './findings.ts';
import { packPair } from './packed-pair.ts';
import type { Pair } from './pair.ts';
import type { RuleOptions, Rules } from './rules.ts';

export interface OffloadOptions {
  /** Pairs of which more than this may have to be read, decoded, are compared on a worker. */
  readonly thresholdBytes: number;
  /** For one comparison on a worker. */
  readonly timeoutMs: number;
  /** How long a pair may wait for a worker. */
  readonly maxWaitMs: number;
  /** How many pairs may wait, with how many bytes of bodies. */
  readonly maxWaiting: { readonly pairs: number; readonly bytes: number };
  /** At most so many threads; none is started before the first pair that needs one. */
  readonly workers: number;
  readonly clock: Clock;
  /** A worker is started. */
  readonly onStart: () => void;
  /** A fault of the comparison itself, or a comparison that was given up. */
  readonly onTrouble: (error: unknown) => void;
  /** What the workers run; by default the comparison. */
  readonly module?: URL;
}

export interface Offload {
  /** `rules` are `options`, compiled. Neither throws nor rejects. */
  compare(pair: Pair, rules: Rules, options: RuleOptions): Comparison | Promise<Comparison>;
  /** Pairs that wait for a worker or are being compared on one. */
  readonly inFlight: number;
  readonly maxWaitingPairs: number;
  /** Gives up what is in flight and ends the workers. Idempotent. */
  close(): Promise<void>;
}

/** Of JavaScript objects of one worker: findings, keys and texts of two documents of `maxJsonNodes`. */
export const workerHeapMebibytes = 64;

export function createOffload(options: OffloadOptions): Offload {
  const { thresholdBytes, timeoutMs, maxWaitMs, maxWaiting, onTrouble } = options;
  const pool = new WorkerPool<CompareTask, CompareAnswer>({
    module: options.module ?? moduleBeside(import.meta.url, 'compare-worker'),
    name: 'comparison',
    workers: options.workers,
    maxHeapMebibytes: workerHeapMebibytes,
    timeoutMs,
    maxWaitMs,
    maxWaiting: { tasks: maxWaiting.pairs, bytes: maxWaiting.bytes },
    clock: options.clock,
    onStart: options.onStart,
    onFailure: ({ message }) => onTrouble(new Error(`a comparison worker broke: ${message}`)),
  });
  const ids = new WeakMap<RuleOptions, number>();
  let nextId = 0;

  function idOf(rules: RuleOptions): number {
    let id = ids.get(rules);
    if (id === undefined) {
      id = nextId++;
      ids.set(rules, id);
    }
    return id;
  }

  function conclude(end: TaskEnd<CompareAnswer>): Comparison {
    switch (end.kind) {
      case 'answered': {
        const { comparison, trouble } = end.answer;
        if (trouble !== undefined) onTrouble(new Error(trouble));
        return Object.freeze(comparison);
      }
      case 'failed':
        return incomparable(end.outOfMemory ? 'decode_limit' : 'decode_error');
      case 'timeout':
        onTrouble(
          new Error(
            `a comparison was given up: it took more than ${timeoutMs} ms, or waited more than ${maxWaitMs} ms for its turn`,
          ),
        );
        return incomparable('compare_timeout');
      case 'refused':
        onTrouble(
          new Error('a comparison was given up: too many pairs with large bodies are waiting'),
        );
        return incomparable('compare_timeout');
      case 'closed':
        return incomparable('compare_timeout');
    }
  }

  return {
    compare(pair, rules, ruleOptions) {
      if (!isCostly(pair, rules, thresholdBytes)) return compare(pair, rules);
      const bytes =
        keptBytes(pair.exchange.response.body) +
        keptBytes(pair.shadow.body) +
        (rules.segments?.readsBody === true ? keptBytes(pair.exchange.request.body) : 0);
      const ended = pool.run(bytes, () => {
        const packed = packPair(pair, rules.segments);
        const message = { pair: packed, rulesId: idOf(ruleOptions), options: ruleOptions };
        return { message, transfer: [packed.bodies] };
      });
      return ended.then(conclude);
    },
    get inFlight() {
      return pool.inFlight;
    },
    maxWaitingPairs: maxWaiting.pairs,
    close: () => pool.close(),
  };
}

function isCostly({ exchange, shadow }: Pair, rules: Rules, thresholdBytes: number): boolean {
  const { request, response: live } = exchange;
  const asked = rules.segments?.readsBody === true ? weightOf(request) : 0;
  const answered = request.method === 'HEAD' ? 0 : weightOf(live) + weightOf(shadow);
  if (asked + answered <= thresholdBytes) return false;
  const same =
    encodingOf(live.headers) === encodingOf(shadow.headers) &&
    live.body.bytes !== undefined &&
    shadow.body.bytes?.equals(live.body.bytes) === true;
  if (!same) return true;
  // Of equal bodies in equal encodings nothing is read but what they predict, and of one of them.
  const predicted = rules.prediction === undefined || answered === 0 ? 0 : weightOf(live);
  return asked + predicted > thresholdBytes;
}

/** An upper bound of the bytes that are read: of an encoded body nobody knows what it becomes until it is decoded. */
function weightOf({ headers, body }: { headers: HeaderList; body: Body }): number {
  const kept = keptBytes(body);
  return kept > 0 && encodingOf(headers) !== undefined ? kept + maxDecodedBytes : kept;
}

function encodingOf(headers: HeaderList): string | undefined {
  return headers.get('content-encoding');
}

function keptBytes({ bytes }: Body): number {
  return bytes?.length ?? 0;
}
