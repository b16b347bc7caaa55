/**
 * What the demo's customers ask, and what the right answer is. They ask about irises that no model has learned: each
 * held-out row as it was measured, and two neighbours of it, whose four measurements are each moved by at most 0.2 cm
 * (seeded, rounded to 0.01 cm). Most ask about one flower, every fifth about three at once, every fourth reads the
 * model's metadata. The right answer is the one that the live service gives when it is asked directly, without Envoy
 * and twinspan: the same bytes must come back when both are between.
 */

import { request } from 'undici';

import type { Measurements } from './models/iris.ts';
import { splitIris } from './models/iris.ts';
import { MODEL_PATH } from './models/model-server.ts';
import { seededRandom, shuffled, type Random } from './random.ts';

/** A request that customers make. */
export type Call = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** JSON, only with POST. */
  readonly body: string | undefined;
};

/** What of an answer counts for a customer. */
export type CustomerAnswer = {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly modelVersion: string | undefined;
  readonly body: string;
};

/** A request together with the answer of the live service alone. */
export type ExpectedCall = { readonly call: Call; readonly answer: CustomerAnswer };

const TRAFFIC_SEED = 20_260;
const NEIGHBOURS_PER_ROW = 2;
const MAX_JITTER_CENTIMETRES = 0.2;
const BATCH_EVERY = 5;
const BATCH_SIZE = 3;
const METADATA_EVERY = 4;

/** The calls in the order in which customers make them, again and again; the same in each run. */
export function customerCalls(): Call[] {
  const random = seededRandom(TRAFFIC_SEED);
  const flowers = splitIris().heldOut.flatMap(({ measurements }) => [
    measurements,
    ...Array.from({ length: NEIGHBOURS_PER_ROW }, () => neighbour(measurements, random)),
  ]);
  const waiting = shuffled(flowers, random);
  const calls: Call[] = [];
  while (waiting.length > 0) {
    const number = calls.length + 1;
    if (number % METADATA_EVERY === 0) {
      calls.push({ method: 'GET', path: MODEL_PATH, body: undefined });
    } else {
      const instances = waiting.splice(0, number % BATCH_EVERY === 0 ? BATCH_SIZE : 1);
      const body = JSON.stringify({ instances });
      calls.push({ method: 'POST', path: `${MODEL_PATH}:predict`, body });
    }
  }
  return calls;
}

/** Asks the live service at `url` each call once. Throws when it does not answer one with 200. */
export async function expectAnswers(
  url: string,
  calls: readonly Call[],
  signal: AbortSignal,
): Promise<ExpectedCall[]> {
  const expected: ExpectedCall[] = [];
  for (const call of calls) {
    const response = await request(url + call.path, { ...requestOptions(call), signal });
    const answer = customerAnswer(
      response.statusCode,
      response.headers,
      await response.body.text(),
    );
    if (answer.status !== 200) {
      throw new Error(`the live service answered ${call.path} with ${answer.status}`);
    }
    expected.push({ call, answer });
  }
  return expected;
}

/** Method, body and content type as undici's `request` takes them. */
export function requestOptions(call: Call): {
  method: 'GET' | 'POST';
  body?: string;
  headers: Record<string, string>;
} {
  return call.body === undefined
    ? { method: call.method, headers: {} }
    : {
        method: call.method,
        body: call.body,
        headers: { 'content-type': 'application/json' },
      };
}

/** Picks what counts out of a response. */
export function customerAnswer(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
): CustomerAnswer {
  const header = (name: string) => headers[name]?.toString();
  return {
    status,
    contentType: header('content-type'),
    modelVersion: header('x-model-version'),
    body,
  };
}

function neighbour(measurements: Measurements, random: Random): Measurements {
  const moved = measurements.map((centimetres) => {
    const jitter = (2 * random() - 1) * MAX_JITTER_CENTIMETRES;
    return Number(Math.max(0.1, centimetres + jitter).toFixed(2));
  });
  return moved as unknown as Measurements;
}
