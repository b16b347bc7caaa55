/**
 * The segments of a request (`segments:` of the configuration): the customer, the country or whatever else answers are
 * to be told apart by, taken from a header or from a place in a JSON body.
 */
import type { HeaderList } from '../base/header-list.ts';
import type { Request } from '../exchange/request.ts';
import { BodyReading, liveMemory } from './body-reading.ts';
import type { JsonDocument } from './json/document.ts';
import { nodeAt, scalarText } from './json/scalar.ts';
import type { KeyedHash } from './keyed-hash.ts';
import { unescapeSegment } from './pointer.ts';

/** `segments:` of the configuration, by key: each with either a header (lower case) or a JSON Pointer. */
export type SegmentOptions = Readonly<
  Record<
    string,
    {
      readonly header?: string | undefined;
      readonly request?: string | undefined;
      /** Shown in clear. */
      readonly values?: readonly string[] | undefined;
    }
  >
>;

/** A request in which a segment does not occur. */
const none = '~none';

interface Segment {
  readonly key: string;
  readonly header?: string;
  /** Unescaped segments of the pointer. */
  readonly place?: readonly string[];
  readonly listed: ReadonlySet<string>;
}

export interface SegmentRules {
  readonly segments: readonly Segment[];
  /** Names of the request headers that are read. */
  readonly headers: ReadonlySet<string>;
  readonly readsBody: boolean;
  readonly hash: KeyedHash;
}

/** Undefined without any segment. */
export function compileSegments(
  options: SegmentOptions,
  hash: KeyedHash,
): SegmentRules | undefined {
  const segments = Object.entries(options).map(
    ([key, { header, request, values = [] }]): Segment => ({
      key,
      ...(header !== undefined && { header }),
      ...(request !== undefined && { place: request.split('/').slice(1).map(unescapeSegment) }),
      listed: new Set(values),
    }),
  );
  if (segments.length === 0) return undefined;
  return {
    segments,
    headers: new Set(segments.flatMap(({ header }) => (header === undefined ? [] : [header]))),
    readsBody: segments.some(({ place }) => place !== undefined),
    hash,
  };
}

/**
 * A value for each key: in clear when it is listed, else its keyed hash, `~none` when there is none. The values of a
 * body are strings, numbers and booleans. Never throws.
 */
export function segmentsOf(
  { headers, body }: Pick<Request, 'headers' | 'body'>,
  { segments, readsBody, hash }: SegmentRules,
): Readonly<Record<string, string>> {
  const document = readsBody ? documentOf(headers, body) : undefined;
  const values = segments.map(({ key, header, place, listed }): [string, string] => {
    const value = header === undefined ? valueAt(document, place) : headerValue(headers, header);
    if (value === undefined || value === '') return [key, none];
    return [key, listed.has(value) ? value : hash(value)];
  });
  return Object.freeze(Object.fromEntries(values));
}

function documentOf(headers: HeaderList, body: Request['body']): JsonDocument | undefined {
  const reading = new BodyReading({ headers, body }, liveMemory).json('passed over');
  return reading.kind === 'document' ? reading : undefined;
}

function valueAt(
  document: JsonDocument | undefined,
  place: readonly string[] = [],
): string | undefined {
  const node = document && nodeAt(document, 0, place);
  return document === undefined || node === undefined ? undefined : scalarText(document, node);
}

/** Header values hold a character for each byte; a listed value is Unicode. */
function headerValue(headers: HeaderList, name: string): string | undefined {
  const value = headers.get(name)?.trim();
  if (value === undefined || !/[\u0080-\u00ff]/.test(value)) return value;
  return Buffer.from(value, 'latin1').toString('utf8');
}
