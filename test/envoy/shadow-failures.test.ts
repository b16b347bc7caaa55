/**
 * A shadow that gives no answer, behind the shipped egress and without it: each way has its name, and customers are
 * served by live as ever. Envoy is there before twinspan, whose Unix socket it finds when twinspan comes.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';

import { ask } from '../kit/customer.ts';
import {
  closedPort,
  cluster,
  egress,
  envoy,
  filterTo,
  route,
  twinspanCluster,
} from '../kit/envoy.ts';
import { httpService, json } from '../kit/http-service.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import { rawService, type RawAnswer, type RawService } from '../kit/raw-http.ts';
import { twinspan } from '../kit/twinspan.ts';
import { observer, type Observe } from './observer.ts';
import { pairSpan, traceInWords } from './trace-in-words.ts';

/** A shadow, the way to it, and what becomes of an exchange. */
interface Way {
  readonly what: string;
  /** What the shadow does with a request; absent: nothing listens there. */
  readonly shadow?: RawAnswer;
  /** Default: through the shipped egress, with its own timeout. */
  readonly through?: 'nothing' | { readonly timeout: string };
  readonly timeout?: string;
  readonly outcome: string;
  readonly errorType: string;
}

const ways: Readonly<Record<string, Way>> = {
  down: {
    what: 'a shadow that is down behind the egress is shadow_connect',
    outcome: 'shadow_connect',
    errorType: 'UF',
  },
  downDirectly: {
    what: 'a shadow that is down without an egress is shadow_connect',
    through: 'nothing',
    outcome: 'shadow_connect',
    errorType: 'ECONNREFUSED',
  },
  slow: {
    what: "a shadow slower than twinspan's own timeout is shadow_timeout",
    shadow: { bytes: '' },
    timeout: '200ms',
    outcome: 'shadow_timeout',
    errorType: 'timeout',
  },
  slowerThanEgress: {
    what: "a shadow slower than the egress's timeout is shadow_timeout",
    shadow: { bytes: '' },
    through: { timeout: '0.2s' },
    timeout: '20s',
    outcome: 'shadow_timeout',
    errorType: 'UT',
  },
  resetting: {
    what: 'a shadow that resets behind the egress is shadow_reset',
    shadow: { bytes: '', close: 'reset' },
    outcome: 'shadow_reset',
    errorType: 'UC',
  },
  unavailable: {
    what: 'a 503 of the shadow itself is an answer, behind the egress as well',
    shadow: { bytes: 'HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n' },
    outcome: 'mismatch',
    errorType: '503',
  },
};

describe('a shadow without an answer', { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  const observers = new Map<string, Observe<string>>();
  let listeners: Readonly<Record<string, string>>;

  before(async () => {
    const live = await httpService(lifetime, json({ a: 1 }));
    const folder = await mkdtemp(join(tmpdir(), 'twinspan-sockets-'));
    const sockets = (name: string): string => `unix:${join(folder, name)}`;
    const shadows: Record<string, RawService> = {};
    for (const [name, { shadow }] of Object.entries(ways)) {
      if (shadow !== undefined) shadows[name] = await rawService(lifetime, () => shadow);
    }
    const names = Object.keys(ways);
    const running = await envoy(lifetime, {
      listeners: Object.fromEntries(
        names.flatMap((name) => [
          [name, { routes: [route('/', 'live')], filter: filterTo(`twinspan-${name}`) }],
          [`egress-${name}`, egress(`shadow-${name}`, egressTimeoutOf(ways[name]!))],
        ]),
      ),
      clusters: [
        cluster('live', live.port),
        ...names.map((name) => cluster(`shadow-${name}`, shadows[name]?.port ?? closedPort)),
        ...names.map((name) => twinspanCluster(sockets(name), { name: `twinspan-${name}` })),
      ],
    });
    listeners = running.listeners;
    lifetime.after(() => rm(folder, { recursive: true, force: true }));
    for (const [name, { through, timeout = '20s' }] of Object.entries(ways)) {
      const isDirect = through === 'nothing';
      const origin = isDirect ? `127.0.0.1:${closedPort}` : listeners[`egress-${name}`];
      const sidecar = await twinspan(lifetime, {
        listen: sockets(name),
        shadow: { url: `http://${origin}`, egress: !isDirect, timeout },
      });
      const asked = shadows[name]?.requests ?? [];
      observers.set(name, observer(sidecar, { asked }, requestIdOf));
    }
  });

  for (const [name, { what, outcome, errorType }] of Object.entries(ways)) {
    it(what, async () => {
      const observe = observers.get(name)!;
      const { result, outcomes, exportedSpans } = await observe(1, () =>
        ask(listeners[name]!, { path: '/items' }),
      );
      assert.equal(result.status, 200);
      assert.equal(result.body.toString(), '{"a":1}');
      assert.deepEqual(outcomes, { [outcome]: 1 });
      const spans = await exportedSpans();
      assert.deepEqual(traceInWords(spans), [
        `twinspan.pair (internal) ${outcome === 'mismatch' ? outcome : `shadow_error ${outcome}`}`,
        '  GET /** (internal) live 200',
        `  GET /** (client) shadow ${outcome === 'mismatch' ? '503 ' : ''}${errorType} ERROR`,
      ]);
      assert.equal(pairSpan(spans).status.code, 0, 'the pair itself is no error');
    });
  }
});

function egressTimeoutOf({ through }: Way): { timeout?: string } {
  return typeof through === 'object' ? through : {};
}

function requestIdOf(request: string): string | undefined {
  return /^x-request-id: (.*)\r$/im.exec(request)?.[1];
}
