/**
 * The customers of the fault suite: an open-loop load at a fixed rate, whose latency counts from the instant at which a
 * request was due, so that a stall is not forgotten. Every answer is held against that of the live service alone.
 */
import { createHash } from 'node:crypto';
import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';

import { questions, type Question } from './answers.ts';

export interface LoadOptions {
  /** Asked for each request: the customers move when an Envoy is replaced. */
  readonly address: () => string;
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Request ids are this, `-` and a number from 0. */
  readonly prefix: string;
  readonly expected: ReadonlyMap<Question, string>;
}

export interface LoadResult {
  readonly sent: number;
  /** Why a customer got no whole answer, one entry each. */
  readonly failures: readonly string[];
  /** The questions whose answer was not that of the live service, one entry each. */
  readonly differing: readonly string[];
  readonly latenciesMs: readonly number[];
}

const answerTimeoutMs = 15_000;
const agent = new Agent({ keepAlive: true, maxSockets: 2048 });

/** What cannot be the same behind an Envoy: the time, what Envoy says of itself, and what belongs to one connection. */
const masked: ReadonlySet<string> = new Set([
  'date',
  'x-envoy-upstream-service-time',
  'x-request-id',
  'connection',
  'keep-alive',
  'transfer-encoding',
]);

/** Sends at the rate and resolves with the last answer. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { rate, seconds, prefix, expected } = options;
  const failures: string[] = [];
  const differing: string[] = [];
  const latenciesMs: number[] = [];
  const open: Promise<void>[] = [];
  const observe = async (question: Question, number: number, due: number): Promise<void> => {
    try {
      const fingerprint = await ask(options.address(), question, `${prefix}-${number}`);
      latenciesMs.push(performance.now() - due);
      if (fingerprint !== expected.get(question))
        differing.push(`${question.path}: ${fingerprint}`);
    } catch (error) {
      failures.push(`${question.path}: ${(error as Error).message}`);
    }
  };
  const began = performance.now();
  const sent = Math.round(rate * seconds);
  for (let number = 0; number < sent; number += 1) {
    const due = began + (number * 1000) / rate;
    const wait = due - performance.now();
    if (wait > 1) await setTimeout(wait);
    open.push(observe(questions[number % questions.length]!, number, due));
  }
  await Promise.all(open);
  return { sent, failures, differing, latenciesMs };
}

/** What the live service itself answers to each question. */
export async function answersOf(address: string): Promise<ReadonlyMap<Question, string>> {
  const answers = new Map<Question, string>();
  for (const question of questions) answers.set(question, await ask(address, question, 'alone'));
  return answers;
}

/** Lets go of the customers' connections. */
export function endCustomers(): void {
  agent.destroy();
}

/** Status, multiset of headers and hash of the body, as one text. Rejects when there is no whole answer. */
function ask(address: string, question: Question, requestId: string): Promise<string> {
  const { method, path, body } = question;
  const [host, port] = address.split(':');
  const headers = {
    'x-request-id': requestId,
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': body.length,
    }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host, port, agent, method, path, headers }, (response) => {
      const hash = createHash('sha256');
      response.on('data', (chunk: Buffer) => hash.update(chunk));
      response.on('end', () => {
        if (response.complete) resolve(fingerprintOf(response, hash.digest('hex')));
        else reject(new Error('the answer broke off'));
      });
      response.on('error', reject);
    });
    outgoing.setTimeout(answerTimeoutMs, () => {
      outgoing.destroy(new Error(`no answer within ${answerTimeoutMs / 1000} s`));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function fingerprintOf({ statusCode, rawHeaders }: IncomingMessage, bodyHash: string): string {
  const lines: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    if (!masked.has(name)) lines.push(`${name}: ${rawHeaders[index + 1]}`);
  }
  return [statusCode, ...lines.toSorted(), bodyHash].join('\n');
}
