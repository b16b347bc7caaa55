/**
 * A service whose answers are never the same twice, though the same question gets the same answer: ids are drawn, clocks
 * go on, a counter counts, sets come in any order, numbers have digits of single or double precision, null is left out
 * at times. Two of them are the same version; one can be told to answer some questions differently.
 */
import { randomBytes, randomUUID } from 'node:crypto';

import { httpService, type HttpService, type Lifetime } from './http-service.ts';

export type NoisyAnswer = ReturnType<typeof answerTo>;

/** Changes an answer to be: what a new version might do. Answers with the status, when it is another one. */
export type Change = (answer: NoisyAnswer) => number | undefined;

/** @param changeOf the change for a path; none by default */
export function noisyService(
  lifetime: Lifetime,
  changeOf: (path: string) => Change | undefined = () => undefined,
): Promise<HttpService> {
  // Two instances were started at different times.
  let sequence = Math.floor(Math.random() * 1000);
  return httpService(lifetime, ({ url }, response) => {
    sequence += 1 + Math.floor(Math.random() * 3);
    const answer = answerTo(Number(url.split('/').at(-1)), sequence);
    const status = changeOf(url)?.(answer) ?? 200;
    response.writeHead(status, {
      'content-type': 'application/json',
      etag: `"${randomBytes(8).toString('hex')}"`,
      'x-request-id': randomUUID(),
      'server-timing': `app;dur=${(Math.random() * 50).toFixed(1)}`,
      'x-model-version': 'ranker-7',
    });
    response.end(JSON.stringify(inAnyOrder(answer)));
  });
}

function answerTo(question: number, sequence: number) {
  const now = new Date();
  return {
    id: randomUUID(),
    order: ulid(now.getTime()),
    createdAt: now.toISOString(),
    servedAtMs: now.getTime(),
    sequence,
    status: question % 3 === 0 ? 'review' : 'accepted',
    prediction: {
      label: ['low', 'medium', 'high'][question % 3] as string,
      score: imprecise(fraction(question, 1)) as number | string,
      model: 'ranker-7',
    } as Record<string, unknown>,
    price: { amount: 10 + (question % 90) / 4, currency: 'EUR' } as {
      amount: number | string;
      currency: string;
    },
    offers: shuffled(
      [1, 2, 3, 4].map((place) => ({
        offerId: randomUUID(),
        product: `product-${(question + place) % 50}`,
        price: 5 + place + (question % 10) / 10,
        score: imprecise(fraction(question, place + 1)),
      })),
    ),
    tags: shuffled(['new', 'sale', 'summer', `batch-${question % 7}`]),
    steps: ['read', 'rank', 'answer'],
    ...(Math.random() < 0.5 && { discount: null }),
    debug: {
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      zone: 'b',
    },
  };
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function ulid(nowMs: number): string {
  const random = [...randomBytes(16)].map((byte) => alphabet[byte % 32]);
  return `01${nowMs.toString(32).toUpperCase().slice(-8).replaceAll(/[IL]/g, '0')}${random.join('')}`;
}

/** A number of [0, 1) that follows from both. */
function fraction(question: number, place: number): number {
  return Math.abs((Math.sin(question * 12.9898 + place * 78.233) * 43_758.5453) % 1);
}

/** As one machine or the other would have it. */
function imprecise(value: number): number {
  return Math.random() < 0.5 ? value : Math.fround(value);
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ item }) => item);
}

/** The same with the keys of its objects in any order. */
function inAnyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inAnyOrder);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    shuffled(Object.entries(value)).map(([key, member]) => [key, inAnyOrder(member)]),
  );
}
