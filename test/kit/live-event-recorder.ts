/**
 * An ext_proc server that notes what Envoy tells of each exchange, in words, and what twinspan would make of it: the
 * real stream server and collector, with nothing behind them.
 */
import { ByteBudget } from '../../src/base/byte-budget.ts';
import { systemClock } from '../../src/base/clock.ts';
import { HeaderList } from '../../src/base/header-list.ts';
import { createLog } from '../../src/base/log.ts';
import { collect, type CollectorSeams } from '../../src/exchange/collector.ts';
import { Ledger } from '../../src/exchange/ledger.ts';
import { compileSelect } from '../../src/exchange/select.ts';
import type { Attributes, LiveEvent } from '../../src/stream/live-event.ts';
import { startStreamServer } from '../../src/stream/server.ts';
import type { Lifetime } from './http-service.ts';

export interface RecordedExchange {
  /**
   * The parts of one direction, as `headers, body, empty end`: body parts in a row are one, `end` is the end mark.
   * Empty when nothing came of it.
   */
  readonly request: string;
  readonly response: string;
  /** How the RPC ended, in the words of `LiveEnd`. */
  readonly end: string;
  /** `compared` where live answered, else the outcome of an exchange that is not. */
  readonly outcome: string;
  readonly requestHeaders: HeaderList;
  readonly responseHeaders: HeaderList;
  readonly requestAttributes: Attributes;
  readonly responseAttributes: Attributes;
}

export interface LiveEventRecorder {
  /** To be given to Envoy. */
  readonly address: string;
  /** The next exchange that ended, also one that ended before it was asked for. */
  next(): Promise<RecordedExchange>;
}

/** Ends with the test. */
export async function liveEventRecorder(lifetime: Lifetime): Promise<LiveEventRecorder> {
  const recorded: RecordedExchange[] = [];
  const waiting: ((exchange: RecordedExchange) => void)[] = [];
  const server = await startStreamServer({
    listen: '127.0.0.1:0',
    maxMessageBytes: 2 * 1024 * 1024,
    budget: new ByteBudget(64 * 1024 * 1024),
    maxConcurrentStreams: 1000,
    deadlines: () => ({ idleMs: 60_000, maxDurationMs: 60_000 }),
    requireObservability: () => false,
    admit: (context) => {
      // Books of its own for each exchange: what is in them is its outcome.
      const ledger = new Ledger((message) => {
        throw new Error(message);
      });
      const hear = collect(context, collectorSeams(ledger));
      const events: LiveEvent[] = [];
      return (event) => {
        events.push(event);
        // What is heard after `end` is only noted: the RPC is to show everything that Envoy sends.
        hear(event);
        if (event.kind !== 'ended') return 'continue';
        const exchange = recordOf(events, Object.keys(ledger.totals().outcomes).join());
        const resolve = waiting.shift();
        if (resolve === undefined) recorded.push(exchange);
        else resolve(exchange);
        return 'end';
      };
    },
    clock: systemClock,
    log: createLog(),
  });
  lifetime.after(() => server.close());
  return {
    address: server.address,
    next() {
      const exchange = recorded.shift();
      if (exchange !== undefined) return Promise.resolve(exchange);
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

function collectorSeams(ledger: Ledger): CollectorSeams {
  const route = {
    name: 'all',
    template: '/**',
    match: { path: '/**', hosts: [], headers: {} },
    methods: ['GET', 'HEAD', 'POST'],
    sample: { ratio: 1, by: 'request-id' },
    sideEffectGuard: { queryKeys: [], paths: [] },
    stream: false,
  };
  return {
    clock: systemClock,
    ledger,
    budget: new ByteBudget(64 * 1024 * 1024),
    maxBodyBytes: 1024 * 1024,
    select: compileSelect(
      { routes: [route], canaryClusters: new Set() },
      { paused: () => false, wallNow: () => Date.now(), pressure: () => undefined },
    ),
    onRequest: () => {},
    onAnswered: ({ entry, release }) => {
      entry.markSent('shadow');
      entry.close('match');
      release();
    },
    onDropped: ({ entry, release }, _exchange, outcome) => {
      entry.close(outcome);
      release();
    },
    onAttributesMissing: () => {},
  };
}

function recordOf(events: readonly LiveEvent[], outcome: string): RecordedExchange {
  const last = events.at(-1);
  const headersOf = (kind: 'request_headers' | 'response_headers') => {
    const found = events.find((event) => event.kind === kind);
    return found !== undefined && 'headers' in found ? found : undefined;
  };
  return {
    request: inWords(events, 'request'),
    response: inWords(events, 'response'),
    end: last?.kind === 'ended' ? last.how : '',
    outcome: outcome === 'match' ? 'compared' : outcome,
    requestHeaders: headersOf('request_headers')?.headers ?? HeaderList.empty,
    responseHeaders: headersOf('response_headers')?.headers ?? HeaderList.empty,
    requestAttributes: headersOf('request_headers')?.attributes ?? new Map(),
    responseAttributes: headersOf('response_headers')?.attributes ?? new Map(),
  };
}

function inWords(events: readonly LiveEvent[], direction: 'request' | 'response'): string {
  const words: string[] = [];
  for (const event of events) {
    if (event.kind === 'ended' || !event.kind.startsWith(direction)) continue;
    if ('trailers' in event) {
      words.push('trailers');
      continue;
    }
    const what = 'headers' in event ? 'headers' : event.chunk.length === 0 ? 'empty' : 'body';
    if (event.endOfStream) words.push(`${what} end`);
    else if (what === 'headers' || words.at(-1) !== what) words.push(what);
  }
  return words.join(', ');
}
