/** What a customer does: asks Envoy over HTTP/1.1 or HTTP/2, each time on a connection of its own. */
import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:http2';

export interface Question {
  /** Default GET, and POST with a body. */
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** A list is sent in chunks, a single body with its length. */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[];
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Http2Question {
  /** Beside `:method` (GET, or POST with a body), `:path` and `:authority`. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly method?: string;
  readonly path?: string;
  readonly body?: string | Uint8Array;
  readonly trailers?: Readonly<Record<string, string>>;
}

export interface Http2Answer {
  readonly status: number;
  /** Alternating name and value in the order in which they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly rawTrailers: readonly string[];
}

/** Asks `host:port`. Rejects when the answer breaks off. */
export function ask(address: string, question: Question = {}): Promise<Answer> {
  const { path = '/', headers = {}, body } = question;
  const parts = body === undefined || Array.isArray(body) ? (body ?? []) : [body as string];
  const { method = parts.length === 0 ? 'GET' : 'POST' } = question;
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const outgoing = request({ host, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0 } = response;
        resolve({ status, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    outgoing.on('error', reject);
    if (!Array.isArray(body)) {
      outgoing.end(body as string | undefined);
      return;
    }
    for (const part of body as readonly string[]) outgoing.write(part);
    outgoing.end();
  });
}

/** Asks `host:port` by prior knowledge. Rejects when the stream is reset. */
export async function askHttp2(
  address: string,
  question: Http2Question = {},
): Promise<Http2Answer> {
  const { path = '/', headers = {}, body, trailers } = question;
  const { method = body === undefined ? 'GET' : 'POST' } = question;
  const session = connect(`http://${address}`);
  try {
    await once(session, 'connect');
    const stream = session.request(
      { ':method': method, ':path': path, ...headers },
      {
        endStream: body === undefined && trailers === undefined,
        waitForTrailers: trailers !== undefined,
      },
    );
    const failed = once(stream, 'error').then(([error]) => Promise.reject(error as Error));
    failed.catch(() => {});
    if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    const chunks: Buffer[] = [];
    let rawTrailers: readonly string[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('trailers', (_trailers, _flags, raw: string[]) => {
      rawTrailers = raw;
    });
    const responded = once(stream, 'response');
    const ended = once(stream, 'end');
    if (body !== undefined || trailers !== undefined) stream.end(body);
    const [response, , rawHeaders] = (await Promise.race([responded, failed])) as [
      { ':status': number },
      number,
      string[],
    ];
    await Promise.race([ended, failed]);
    return { status: response[':status'], rawHeaders, body: Buffer.concat(chunks), rawTrailers };
  } finally {
    session.destroy();
  }
}
