/**
 * A model server that can be made worse than another by known amounts. It answers as KServe does, and what it predicts
 * and how long it takes follow from the number of the request (`?number=7`), so that two of them agree unless told
 * otherwise. Latencies are log-normal with sigma 0.6, those of two services correlated by 0.7. Seeded: a fault meets
 * the same requests in every run.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Lifetime } from './http-service.ts';
import { seeded } from './tallies.ts';

/** What one does worse than another; shares are of the requests. */
export interface ModelFaults {
  /** Answers 503. */
  readonly errors?: number;
  /** How many times as long it takes. */
  readonly slower?: number;
  /** Predicts the last label where it would predict another. */
  readonly flips?: number;
  /** Leaves a field out. */
  readonly missing?: number;
  /** Told in the header `x-model-version`. */
  readonly version?: string;
}

export interface ModelService {
  readonly url: string;
  readonly port: number;
  /** From the next request on. */
  faults: ModelFaults;
}

export const modelLabels = ['setosa', 'versicolor', 'virginica'] as const;
/** Large enough that a tenth of the slow end is more than what a busy machine adds to one of two services. */
const medianMs = 200;
const sigma = 0.6;
const correlation = 0.7;
/** Milliseconds below which 95 and 99 of a hundred requests stay. */
export const modelLatencyMs = { p95: slowestOf(1.6449), p99: slowestOf(2.3263) };

function slowestOf(deviations: number): number {
  return medianMs * Math.exp(sigma * deviations);
}

/** Ends with the test, with all its connections. `seed` is its own, not that of the other. */
export async function modelService(
  lifetime: Lifetime,
  seed: number,
  faults: ModelFaults = {},
): Promise<ModelService> {
  const own = seeded(seed);
  const service = { faults };
  const server = createServer((request, response) => {
    request.resume();
    const { errors = 0, slower = 1, flips = 0, missing = 0, version } = service.faults;
    const number = Number(new URL(request.url ?? '/', 'http://model').searchParams.get('number'));
    const shared = seeded(number);
    const quick = correlation * normal(shared) + Math.sqrt(1 - correlation ** 2) * normal(own);
    const usual = Math.floor(shared() * (modelLabels.length - 1));
    const [fails, flipped, omits] = [shared() < errors, shared() < flips, shared() < missing];
    const label = modelLabels[flipped ? modelLabels.length - 1 : usual];
    const answer = (): void => {
      if (version !== undefined) response.setHeader('x-model-version', version);
      response.writeHead(fails ? 503 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ predictions: [label], ...(!omits && { model: 'iris' }) }));
    };
    setTimeout(answer, slower * medianMs * Math.exp(sigma * quick));
  });
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  lifetime.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(service, { url: `http://127.0.0.1:${port}`, port });
}

/** A normal number (Box and Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
