/**
 * The trace of a pair and the trace of the live request: linked, or in one with `trace: join`. Envoy traces with
 * OpenTelemetry here, and its own spans are collected, so that what twinspan names is what really exists.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { startOtlpSink, type OtlpSink } from '../../demo/otlp-sink.ts';
import type { ReceivedSpan } from '../../demo/otlp-trace.ts';
import { ask } from '../kit/customer.ts';
import { cluster, envoy, filterTo, route, twinspanCluster, type Json } from '../kit/envoy.ts';
import { httpService, json, type Asked, type HttpService } from '../kit/http-service.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import { twinspan } from '../kit/twinspan.ts';
import { observer, type Observe } from './observer.ts';
import { executionSpan, pairSpan, spanWith, traceInWords } from './trace-in-words.ts';

const customerTrace = '4bf92f3577b34da6a3ce929d0e0e4736';
const customerSpan = '00f067aa0ba902b7';
const sampled = { traceparent: `00-${customerTrace}-${customerSpan}-01`, tracestate: 'vendor=1' };
const unsampled = { traceparent: `00-${customerTrace}-${customerSpan}-00` };

/** The connection manager's part that makes Envoy trace every request. */
const tracing: Json = {
  tracing: {
    random_sampling: { value: 100 },
    provider: {
      name: 'envoy.tracers.opentelemetry',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig',
        service_name: 'edge',
        http_service: {
          http_uri: { uri: 'http://collector/v1/traces', cluster: 'collector', timeout: '1s' },
        },
      },
    },
  },
};

describe('traces', { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  let envoySpans: OtlpSink;
  let live: HttpService;
  let observe: Observe<Asked>;
  let observeJoined: Observe<Asked>;
  let listeners: Readonly<Record<string, string>>;

  before(async () => {
    envoySpans = await startOtlpSink();
    lifetime.after(() => envoySpans.stop());
    live = await httpService(lifetime, json({ a: 1 }));
    const shadow = await httpService(lifetime, json({ a: 1 }));
    const linked = await twinspan(lifetime, { shadow: { url: shadow.url } });
    const joinedShadow = await httpService(lifetime, json({ a: 1 }));
    const joined = await twinspan(lifetime, {
      shadow: { url: joinedShadow.url },
      telemetry: { trace: 'join' },
    });
    const routes = [route('/', 'live')];
    const running = await envoy(lifetime, {
      listeners: {
        traced: { routes, manager: tracing },
        untraced: { routes },
        tracedJoined: { routes, manager: tracing, filter: filterTo('joined') },
        untracedJoined: { routes, filter: filterTo('joined') },
      },
      clusters: [
        cluster('live', live.port),
        cluster('collector', Number(new URL(envoySpans.url).port)),
        twinspanCluster(linked.app.addresses.extProc),
        twinspanCluster(joined.app.addresses.extProc, { name: 'joined' }),
      ],
      runtime: {
        'tracing.opentelemetry.min_flush_spans': 1,
        'tracing.opentelemetry.flush_interval_ms': 50,
      },
    });
    listeners = running.listeners;
    const requestIdOf = ({ headers }: Asked) => headers['x-request-id'];
    observe = observer(linked, shadow, requestIdOf);
    observeJoined = observer(joined, joinedShadow, requestIdOf);
  });

  /** Envoy's own span of the call to twinspan, in a trace. */
  async function processSpan(traceId: string): Promise<ReceivedSpan> {
    const isOne = (span: ReceivedSpan) =>
      span.traceId === traceId && span.name.includes('ExternalProcessor.Process');
    await envoySpans.waitFor((spans) => spans.some(isOne));
    return spanWith(envoySpans.spans, isOne);
  }

  const linksOf = ({ links }: ReceivedSpan) =>
    links.map(({ traceId, spanId }) => `${traceId}-${spanId}`);

  it('Envoy traces: the pair is linked to the span that Envoy made for it', async () => {
    const { exportedSpans, asked } = await observe(1, () => ask(listeners['traced']!));
    const spans = await exportedSpans();
    const pair = pairSpan(spans);
    const [atLive] = [live.asked.at(-1)];
    const [, liveTrace = ''] = String(atLive?.headers['traceparent']).split('-');
    assert.notEqual(pair.traceId, liveTrace, 'a trace of its own');
    const fromEnvoy = await processSpan(liveTrace);
    assert.deepEqual(linksOf(pair), [`${liveTrace}-${fromEnvoy.spanId}`]);
    assert.equal(pair.attributes['twinspan.live.trace_id'], liveTrace);
    assert.equal(pair.attributes['twinspan.live.span_id'], fromEnvoy.spanId);
    assert.equal(pair.links[0]?.attributes['twinspan.link.type'], 'live_request');
    assert.ok(!String(asked[0]?.headers['traceparent']).includes(liveTrace));
    assert.deepEqual(traceInWords(spans), [
      'twinspan.pair (internal) match',
      '  GET /** (internal) live 200',
      '  GET /** (client) shadow 200',
    ]);
  });

  it("Envoy traces a request that a customer traces: the link is in the customer's trace", async () => {
    const { exportedSpans } = await observe(1, () =>
      ask(listeners['traced']!, { headers: sampled }),
    );
    const pair = pairSpan(await exportedSpans());
    const fromEnvoy = await processSpan(customerTrace);
    assert.deepEqual(linksOf(pair), [`${customerTrace}-${fromEnvoy.spanId}`]);
    assert.notEqual(fromEnvoy.spanId, customerSpan);
  });

  it("without Envoy's tracing the link is what the customer sent", async () => {
    const { exportedSpans, asked } = await observe(1, () =>
      ask(listeners['untraced']!, { headers: sampled }),
    );
    const pair = pairSpan(await exportedSpans());
    assert.deepEqual(linksOf(pair), [`${customerTrace}-${customerSpan}`]);
    assert.equal(live.asked.at(-1)?.headers['traceparent'], sampled.traceparent);
    assert.equal(asked[0]?.headers['tracestate'], undefined);
  });

  it('without any tracing there is no link', async () => {
    const { exportedSpans } = await observe(1, () => ask(listeners['untraced']!));
    assert.deepEqual(pairSpan(await exportedSpans()).links, []);
  });

  it('join: the pair is a part of the live trace, below the span that Envoy made for it', async () => {
    const { exportedSpans, asked } = await observeJoined(1, () => ask(listeners['tracedJoined']!));
    const spans = await exportedSpans();
    const pair = pairSpan(spans);
    const [, liveTrace = ''] = String(live.asked.at(-1)?.headers['traceparent']).split('-');
    const fromEnvoy = await processSpan(liveTrace);
    assert.equal(pair.traceId, liveTrace);
    assert.equal(pair.parentSpanId, fromEnvoy.spanId);
    assert.deepEqual(pair.links, []);
    const { spanId } = executionSpan(spans, 'shadow');
    assert.equal(asked[0]?.headers['traceparent'], `00-${liveTrace}-${spanId}-01`);
    assert.deepEqual(traceInWords(spans), [
      'twinspan.pair (internal) match',
      '  GET /** (internal) live 200',
      '  GET /** (client) shadow 200',
    ]);
  });

  it("join without Envoy's tracing: below the customer's span, whose tracestate goes on", async () => {
    const { exportedSpans, asked } = await observeJoined(1, () =>
      ask(listeners['untracedJoined']!, { headers: sampled }),
    );
    const pair = pairSpan(await exportedSpans());
    assert.equal(pair.traceId, customerTrace);
    assert.equal(pair.parentSpanId, customerSpan);
    assert.equal(asked[0]?.headers['tracestate'], 'vendor=1');
  });

  it('join: a request that is not sampled gives no span, and the shadow is told so', async () => {
    const { exportedSpans, asked, outcomes } = await observeJoined(2, async () => {
      await ask(listeners['untracedJoined']!, { path: '/unsampled', headers: unsampled });
      await ask(listeners['untracedJoined']!, { path: '/sampled', headers: sampled });
    });
    assert.deepEqual(outcomes, { match: 2 });
    const copy = asked.find(({ url }) => url === '/unsampled');
    assert.match(String(copy?.headers['traceparent']), new RegExp(`^00-${customerTrace}-.*-00$`));
    assert.equal((await exportedSpans()).length, 3, 'those of the sampled one');
  });

  it('join without any live trace: the pair has a trace of its own', async () => {
    const { exportedSpans } = await observeJoined(1, () => ask(listeners['untracedJoined']!));
    const pair = pairSpan(await exportedSpans());
    assert.equal(pair.parentSpanId, undefined);
  });
});
