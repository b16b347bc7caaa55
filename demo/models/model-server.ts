/**
 * One model behind HTTP as KServe's v1 protocol has it: `POST /v1/models/iris:predict` with `{"instances": [[5.1, 3.5,
 * 1.4, 0.2]]}` and `GET /v1/models/iris`. Both models answer to the same name and path, as two versions of one service
 * do; the answer's `model_name` and `model_version` and the header `x-model-version` say which one it was. Wrong
 * requests get 400, 404, 405, 413 or 415 with `{"error": "..."}` and never take the service down.
 *
 * KServe v1: https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import type { Measurements } from './iris.ts';
import type { Model } from './model.ts';

/** A model that listens. */
export type ModelServer = {
  readonly port: number;
  /** Stops listening and closes what is open. May be called twice. */
  stop(): Promise<void>;
};

/** Path of the model's metadata; `:predict` behind it is the prediction. */
export const MODEL_PATH = '/v1/models/iris';

const MAX_BODY_BYTES = 256 * 1024;
const MAX_INSTANCES = 1000;

type Answer = {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
};

class BadRequest extends Error {
  readonly answer: Answer;

  constructor(status: number, error: string, headers: Readonly<Record<string, string>> = {}) {
    super(error);
    this.answer = { status, body: { error }, headers };
  }
}

/** Serves the model; port 0 takes a free one. Rejects when the port is taken. */
export async function startModelServer(
  model: Model,
  port = 0,
  host = '127.0.0.1',
): Promise<ModelServer> {
  const server = createServer((request, response) => {
    void respond(model, request, response);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, stop: () => close(server) };
}

async function respond(
  model: Model,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let answer: Answer;
  try {
    answer = await answerTo(model, request);
  } catch (error) {
    if (request.destroyed && !request.complete) return;
    answer =
      error instanceof BadRequest
        ? error.answer
        : { status: 500, body: { error: 'the model failed' } };
  }
  const body = JSON.stringify(answer.body);
  // The rest of a refused upload is read and forgotten: a client that still writes would otherwise see a reset
  // instead of the answer.
  request.resume();
  const connection = request.complete ? {} : { connection: 'close' };
  response.writeHead(answer.status, {
    ...answer.headers,
    ...connection,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-model-version': model.version,
  });
  response.end(body);
}

async function answerTo(model: Model, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '/').replace(/\?.*$/s, '');
  switch (path) {
    case MODEL_PATH:
      allow(request, ['GET', 'HEAD']);
      return { status: 200, body: { name: 'iris', ready: true } };
    case `${MODEL_PATH}:predict`:
      allow(request, ['POST']);
      return { status: 200, body: predict(model, await readJson(request)) };
    default:
      throw new BadRequest(404, `no such path; this service has ${MODEL_PATH} and its :predict`);
  }
}

function predict(model: Model, body: unknown): Readonly<Record<string, unknown>> {
  const instances = instancesOf(body);
  return {
    model_name: model.name,
    model_version: model.version,
    predictions: model.predict(instances),
  };
}

function allow(request: IncomingMessage, methods: readonly string[]): void {
  if (methods.includes(request.method ?? '')) return;
  const allowed = methods.join(', ');
  throw new BadRequest(405, `${request.method ?? ''} is not possible here; use ${allowed}`, {
    allow: allowed,
  });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const mediaType = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new BadRequest(415, 'the body must be JSON with content-type: application/json');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  // By default leaving the loop destroys the socket, and the 413 with it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BODY_BYTES) {
      throw new BadRequest(413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
    }
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new BadRequest(400, 'the body is not JSON');
  }
}

function instancesOf(body: unknown): Measurements[] {
  const instances = (body as { instances?: unknown } | null)?.instances;
  if (!Array.isArray(instances) || instances.length === 0 || instances.length > MAX_INSTANCES) {
    throw new BadRequest(400, `"instances" must be a list of 1 to ${MAX_INSTANCES} flowers`);
  }
  return instances.map((instance: unknown, index) => {
    if (!isMeasurements(instance)) {
      throw new BadRequest(400, `"instances"[${index}] must be a list of 4 numbers`);
    }
    return instance;
  });
}

function isMeasurements(value: unknown): value is Measurements {
  return (
    Array.isArray(value) && value.length === 4 && value.every((number) => Number.isFinite(number))
  );
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
