/**
 * The bodies of two answers: equal bytes first, which needs no decoding and settles most pairs; else their content
 * coding is undone and their media type says how they are compared. What cannot be compared is named.
 */
import { createHash } from 'node:crypto';

import type { Body } from '../base/body-buffer.ts';
import type { HeaderList } from '../base/header-list.ts';
import { hasByteOrderMark, liveMemory, shadowMemory, type BodyReading } from './body-reading.ts';
import type { DifferenceKind, IncomparableReason } from './comparison.ts';
import type { Findings } from './findings.ts';
import { formToJson } from './form-fields.ts';
import { parseJson, type JsonReading } from './json/document.ts';
import { parseJsonLines } from './json/lines.ts';
import { compareJson } from './json/compare-json.ts';
import { formOf, parseMediaType, type BodyForm } from './media-type.ts';
import { groupOf, pointerOf } from './pointer.ts';
import type { Rules } from './rules.ts';
import { odditiesOf } from './text-notes.ts';
import { firstDifferingLine } from './text.ts';

/** Compares the bodies of answers that are not the answer to HEAD. Says whether they are the same, byte by byte. */
export function compareBodies(
  live: BodyReading,
  shadow: BodyReading,
  rules: Rules,
  findings: Findings,
): boolean {
  const { body: one, encodings: liveEncodings } = live;
  const { body: other, encodings: shadowEncodings } = shadow;
  const sameEncodings = liveEncodings.join() === shadowEncodings.join();
  if (sameEncodings && sameBytes(one, other)) return true;

  const form = commonForm(live.headers, shadow.headers);
  const decodedLive = live.body.bytes && shadow.body.bytes && live.decoded();
  const decodedShadow = decodedLive && shadow.decoded();
  if (decodedLive === undefined || decodedShadow === undefined) {
    const asBytes = form === 'bytes' && liveEncodings.length === 0 && shadowEncodings.length === 0;
    if (asBytes && isDigested(one) && isDigested(other)) differs('bytes', rules, findings);
    else cannotCompare('truncated', rules, findings);
    return false;
  }

  if (decodedLive.kind === 'decoded' && decodedShadow.kind === 'decoded') {
    if (decodedLive.bytes.equals(decodedShadow.bytes)) return true;
    compareDecoded(decodedLive.bytes, decodedShadow.bytes, form, { live, shadow }, rules, findings);
  } else {
    // The same reason whichever side comes first.
    const limited = decodedLive.kind === 'decode_limit' || decodedShadow.kind === 'decode_limit';
    cannotCompare(limited ? 'decode_limit' : 'decode_error', rules, findings);
  }
  return false;
}

function sameBytes(live: Body, shadow: Body): boolean {
  if (live.length !== shadow.length) return false;
  if (live.bytes !== undefined && shadow.bytes !== undefined)
    return live.bytes.equals(shadow.bytes);
  return isDigested(live) && isDigested(shadow) && digestOf(live) === digestOf(shadow);
}

function isDigested(body: Body): boolean {
  return body.bytes !== undefined || body.sha256 !== undefined;
}

function digestOf({ bytes, sha256 }: Body): string | undefined {
  return bytes === undefined ? sha256 : createHash('sha256').update(bytes).digest('hex');
}

/** JSON when either side says so: then the other one not being JSON is a difference, and worth to be named. */
function commonForm(live: HeaderList, shadow: HeaderList): BodyForm {
  const one = formOf(parseMediaType(live.get('content-type') ?? ''));
  const other = formOf(parseMediaType(shadow.get('content-type') ?? ''));
  if (one === other) return one;
  if (one === 'json' || other === 'json') return 'json';
  return one === 'bytes' || other === 'bytes' ? 'bytes' : 'text';
}

function compareDecoded(
  live: Buffer,
  shadow: Buffer,
  form: BodyForm,
  readings: Readings,
  rules: Rules,
  findings: Findings,
): void {
  if (shadow.length === 0) return differs('missing', rules, findings);
  if (live.length === 0) return differs('extra', rules, findings);
  switch (form) {
    case 'json':
    case 'json_lines':
    case 'form':
      return compareStructures(live, shadow, form, readings, rules, findings);
    case 'text':
      return differs('text', rules, findings, firstDifferingLine(live, shadow));
    case 'bytes':
      return differs('bytes', rules, findings);
  }
}

interface Readings {
  readonly live: BodyReading;
  readonly shadow: BodyReading;
}

function compareStructures(
  live: Buffer,
  shadow: Buffer,
  form: Structured,
  readings: Readings,
  rules: Rules,
  findings: Findings,
): void {
  // Tolerated where both sides have it.
  const mark = hasByteOrderMark(live) && hasByteOrderMark(shadow) ? 'passed over' : 'read';
  const one = read(readings.live, live, form, mark, liveMemory);
  const other = read(readings.shadow, shadow, form, mark, shadowMemory);
  if (one.kind !== 'too_large' && other.kind !== 'too_large') {
    for (const odd of odditiesOf(live, one.kind === 'document')) findings.notes(`live_${odd}`);
    for (const odd of odditiesOf(shadow, other.kind === 'document'))
      findings.notes(`shadow_${odd}`);
  }
  if (one.kind === 'document' && other.kind === 'document') {
    compareJson(one, other, rules, findings);
  } else if (one.kind === 'too_large' || other.kind === 'too_large') {
    cannotCompare('decode_limit', rules, findings);
  } else if (one.kind === other.kind) {
    differs('text', rules, findings, firstDifferingLine(live, shadow));
  } else {
    differs('type', rules, findings);
  }
}

type Structured = Exclude<BodyForm, 'text' | 'bytes'>;

function read(
  reading: BodyReading,
  bytes: Buffer,
  form: Structured,
  mark: 'passed over' | 'read',
  memory: Int32Array,
): JsonReading {
  if (form === 'json') return reading.json(mark);
  const body = mark === 'passed over' ? bytes.subarray(3) : bytes;
  if (form === 'json_lines') return parseJsonLines(body, memory);
  const json = formToJson(body);
  return json === undefined ? { kind: 'malformed' } : parseJson(json, memory);
}

/** A difference of the bodies as a whole; `line` says where two texts part. */
function differs(kind: DifferenceKind, rules: Rules, findings: Findings, line?: number): void {
  const pointer = pointerOf(line === undefined ? [] : [line], 'masked');
  if (rules.ignoreBody !== undefined) {
    findings.ignores(rules.ignoreBody, () => pointer);
    return;
  }
  const contract = kind === 'missing' || kind === 'extra' || kind === 'type';
  findings.differs('body', contract, () => ({ kind, pointer, group: groupOf([]) }));
}

/** A body that is ignored as a whole need not be comparable. */
function cannotCompare(reason: IncomparableReason, rules: Rules, findings: Findings): void {
  if (rules.ignoreBody === undefined) findings.cannotCompare(reason);
  else findings.ignores(rules.ignoreBody, () => '');
}
