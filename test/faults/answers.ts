/**
 * What customers ask in the fault suite and what both services answer: a pure function of the request, so that any
 * answer can be held against that of the live service alone. Together the questions cover the shapes of HTTP messages:
 * with and without a length, empty, large, compressed, errors, repeated headers.
 */
import { gzipSync } from 'node:zlib';

export interface Question {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly path: string;
  readonly body?: Buffer;
}

interface ServiceAnswer {
  readonly status: number;
  /** Alternating name and value, as they go out. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** Answered only after `slowAnswerMs`; for customers that break off. */
export const slowPath = '/slow';
export const slowAnswerMs = 300;

const document = Buffer.from(JSON.stringify({ items: ['a', 'b'], padding: 'x'.repeat(980) }));
const large = Buffer.from(
  JSON.stringify({ rows: Array.from({ length: 4000 }, (_, id) => ({ id })) }),
);
const zipped = gzipSync(document);
const prediction = Buffer.from(
  JSON.stringify({ instances: [[5.1, 3.5, 1.4, 0.2]], id: 'x'.repeat(900) }),
);

const get = (path: string): Question => ({ method: 'GET', path });
const predict: Question = { method: 'POST', path: '/predict', body: prediction };

/** Asked in turn. Small messages prevail, as they do elsewhere. */
export const questions: readonly Question[] = [
  get('/document'),
  predict,
  get('/chunked'),
  get('/document?page=2'),
  predict,
  get('/missing'),
  get('/cookies'),
  { method: 'HEAD', path: '/document' },
  predict,
  get('/empty'),
  get('/zipped'),
  get('/broken'),
  get('/document?page=3'),
  get('/large'),
  predict,
  { method: 'POST', path: '/echo', body: large },
];

const json = (body: Buffer, ...more: string[]): readonly string[] => [
  'content-type',
  'application/json',
  'content-length',
  String(body.length),
  ...more,
];

/** The answer of the live service, and of the shadow as long as it is well. */
export function answerTo({ path, body = Buffer.alloc(0) }: Question): ServiceAnswer {
  switch (path.replace(/\?.*/, '')) {
    case '/chunked':
      return { status: 200, rawHeaders: ['content-type', 'application/json'], body: document };
    case '/missing':
      return failure(404, 'there is no such thing');
    case '/broken':
      return failure(500, 'the service itself failed');
    case '/cookies': {
      const cookies = [
        'set-cookie',
        'a=1; path=/',
        'set-cookie',
        'b=2',
        'x-many',
        '1',
        'x-many',
        '2',
      ];
      return { status: 200, rawHeaders: json(document, ...cookies), body: document };
    }
    case '/empty':
      return { status: 204, rawHeaders: ['x-nothing', 'at all'], body: Buffer.alloc(0) };
    case '/zipped': {
      const rawHeaders = json(zipped, 'content-encoding', 'gzip');
      return { status: 200, rawHeaders, body: zipped };
    }
    case '/large':
      return { status: 200, rawHeaders: json(large), body: large };
    case '/echo':
      return { status: 200, rawHeaders: json(body), body };
    default:
      return { status: 200, rawHeaders: json(document), body: document };
  }
}

function failure(status: number, reason: string): ServiceAnswer {
  const body = Buffer.from(JSON.stringify({ error: reason }));
  return { status, rawHeaders: json(body, 'retry-after', '1'), body };
}
