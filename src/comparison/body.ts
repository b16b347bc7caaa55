/**
 * The bodies of two answers: equal bytes first, which needs no decoding and settles most pairs; else their content
 * coding is undone and their media type says how they are compared. What cannot be compared is named.
 */
import { createHash } from 'node:crypto';

import { emptyBody, type Body } from '../base/body-buffer.ts';
import type { HeaderList } from '../base/header-list.ts';
import type { DifferenceKind, IncomparableReason } from './comparison.ts';
import { contentEncodings, decodeContent } from './content-encoding.ts';
import type { Findings } from './findings.ts';
import { formToJson } from './form-fields.ts';
import { nodeWidth, parseJson, type JsonReading } from './json/document.ts';
import { parseJsonLines } from './json/lines.ts';
import { compareJson } from './json/compare-json.ts';
import { formOf, parseMediaType, type BodyForm } from './media-type.ts';
import { groupOf, pointerOf } from './pointer.ts';
import type { Rules } from './rules.ts';
import { firstDifferingLine } from './text.ts';

interface Message {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Body;
}

/** Compares the bodies of answers that are not the answer to HEAD. */
export function compareBodies(
  live: Message,
  shadow: Message,
  rules: Rules,
  findings: Findings,
): void {
  const one = bodyOf(live);
  const other = bodyOf(shadow);
  const liveEncodings = contentEncodings(live.headers);
  const shadowEncodings = contentEncodings(shadow.headers);
  const sameEncodings = liveEncodings.join() === shadowEncodings.join();
  if (sameEncodings && sameBytes(one, other)) return;

  const form = commonForm(live.headers, shadow.headers);
  if (one.bytes === undefined || other.bytes === undefined) {
    const asBytes = form === 'bytes' && liveEncodings.length === 0 && shadowEncodings.length === 0;
    if (asBytes && isDigested(one) && isDigested(other)) differs('bytes', rules, findings);
    else cannotCompare('truncated', rules, findings);
    return;
  }

  const decodedLive = decodeContent(one.bytes, liveEncodings);
  const decodedShadow = decodeContent(other.bytes, shadowEncodings);
  if (decodedLive.kind === 'decoded' && decodedShadow.kind === 'decoded') {
    compareDecoded(decodedLive.bytes, decodedShadow.bytes, form, rules, findings);
  } else {
    // The same reason whichever side comes first.
    const limited = decodedLive.kind === 'decode_limit' || decodedShadow.kind === 'decode_limit';
    cannotCompare(limited ? 'decode_limit' : 'decode_error', rules, findings);
  }
}

/** RFC 9110 section 6.4.1: these have no body, whatever a broken server may send. */
function bodyOf({ status, body }: Message): Body {
  return status === 204 || status === 304 ? emptyBody : body;
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
  rules: Rules,
  findings: Findings,
): void {
  if (live.equals(shadow)) return;
  if (shadow.length === 0) return differs('missing', rules, findings);
  if (live.length === 0) return differs('extra', rules, findings);
  switch (form) {
    case 'json':
    case 'json_lines':
    case 'form':
      return compareStructures(live, shadow, form, rules, findings);
    case 'text':
      return differs('text', rules, findings, firstDifferingLine(live, shadow));
    case 'bytes':
      return differs('bytes', rules, findings);
  }
}

/** For texts of up to about 200 KB. A comparison runs to its end before the next one begins, so all share it. */
const liveMemory = new Int32Array(nodeWidth * 32_768);
const shadowMemory = new Int32Array(liveMemory.length);

function compareStructures(
  live: Buffer,
  shadow: Buffer,
  form: Structured,
  rules: Rules,
  findings: Findings,
): void {
  const marked = hasByteOrderMark(live) && hasByteOrderMark(shadow);
  const one = read(marked ? live.subarray(3) : live, form, liveMemory);
  const other = read(marked ? shadow.subarray(3) : shadow, form, shadowMemory);
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

function read(body: Buffer, form: Structured, memory: Int32Array): JsonReading {
  switch (form) {
    case 'json':
      return parseJson(body, memory);
    case 'json_lines':
      return parseJsonLines(body, memory);
    case 'form': {
      const json = formToJson(body);
      return json === undefined ? { kind: 'malformed' } : parseJson(json, memory);
    }
  }
}

/** RFC 8259 section 8.1 forbids it to senders and lets readers pass over it: tolerated where both sides have it. */
function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
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
