/**
 * Twenty orders through a real Envoy with a shadow that answers every fifth one otherwise and every tenth with an
 * error: what the trace stores are asked about.
 */
import assert from 'node:assert/strict';

import { demoEnvoy } from '../kit/demo-envoy.ts';
import { httpService, type Lifetime } from '../kit/http-service.ts';
import { twinspan } from '../kit/twinspan.ts';

/** `service.name` of twinspan's spans. */
export const service = 'orders-twinspan';
export const orders = 20;
/** Of them: the answer differs, and of those: the shadow's is a 500. */
export const mismatches = 4;
export const errors = 2;

/** The trace in which the customer sends an order. */
export function customerTrace(number: number): string {
  return `${'ab'.repeat(15)}${number.toString(16).padStart(2, '0')}`;
}

/** Resolves when every pair is compared; its spans are on the way to `otlp`. */
export async function sendOrders(lifetime: Lifetime, otlp: string): Promise<void> {
  const live = await httpService(lifetime, (asked, response) => {
    const number = Number(asked.url.split('/').at(-1));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ number, label: 'a' }));
  });
  const shadow = await httpService(lifetime, (asked, response) => {
    const number = Number(asked.url.split('/').at(-1));
    response.writeHead(number % 10 === 9 ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ number, label: number % 5 === 4 ? 'b' : 'a' }));
  });
  const sidecar = await twinspan(lifetime, {
    shadow: { url: shadow.url },
    routes: [{ name: 'item', match: { path: '/items/{id}' } }],
    telemetry: { otlp },
  });
  const envoy = await demoEnvoy(lifetime, {
    live: `127.0.0.1:${live.port}`,
    shadow: `127.0.0.1:${shadow.port}`,
    twinspan: sidecar.app.addresses.extProc,
  });
  for (let number = 0; number < orders; number += 1) {
    const response = await fetch(`http://${envoy.listeners['ingress']}/items/${number}`, {
      headers: { traceparent: `00-${customerTrace(number)}-00f067aa0ba902b7-01` },
    });
    assert.equal(response.status, 200);
    await response.arrayBuffer();
  }
  await sidecar.settled(orders);
}

/** Ends what was started in the reverse order. */
export function createLifetime(): Lifetime & { end(): Promise<void> } {
  const stops: (() => Promise<void>)[] = [];
  return {
    after: (stop) => void stops.push(stop),
    async end() {
      for (const stop of stops.toReversed()) await stop();
    },
  };
}
