/**
 * The structural difference of two JSON texts: objects by key whatever their order, arrays by position, numbers
 * and strings by value. Text that is the same on both sides is passed over without being looked into. Nothing
 * recurses, and rules follow the path segment by segment, so that the work grows with the texts alone.
 */
import type { DifferenceKind } from './comparison.ts';
import type { Findings } from './findings.ts';
import { itemsIn, nodeWidth, stringOf, typeOf, type JsonDocument } from './json-document.ts';
import { sameEscapedString, sameText, sameWrittenNumber, shownNode } from './json-text.ts';
import { advanceGlobs, holdingGlob, type GlobProgress } from './pointer-glob.ts';
import { groupOf, pointerOf, type Segment } from './pointer.ts';
import { isSecretName } from './redaction.ts';
import type { Rules } from './rules.ts';

/** An array or object that both sides have and that is not the same text. */
interface Frame {
  readonly kind: 'array' | 'object';
  /** The next child of each side, and the node behind the last one. */
  live: number;
  readonly liveEnd: number;
  shadow: number;
  readonly shadowEnd: number;
  /** The shadow's members that are left, once the keys do not come in the same order; of one key the last first. */
  byKey: Map<string, number[]> | undefined;
  /** The child that is being compared: its index, or its key as a node of one of the documents. */
  index: number;
  keyDocument: JsonDocument;
  key: number;
  readonly ignoring: Ignoring;
}

/** The rule that holds here and below, or else those that may still hold further down. */
interface Ignoring {
  readonly rule: string | undefined;
  readonly pending: readonly GlobProgress[];
}

interface Walk {
  readonly live: JsonDocument;
  readonly shadow: JsonDocument;
  readonly rules: Rules;
  readonly findings: Findings;
  /** From the root to the container whose children are being compared. */
  readonly frames: Frame[];
}

/** Adds what differs to `findings`. */
export function compareJson(
  live: JsonDocument,
  shadow: JsonDocument,
  rules: Rules,
  findings: Findings,
): void {
  const walk: Walk = { live, shadow, rules, findings, frames: [] };
  compareNodes(walk, 0, 0);
  for (let frame = walk.frames.at(-1); frame !== undefined; frame = walk.frames.at(-1)) {
    const more =
      frame.kind === 'array' ? compareNextItem(walk, frame) : compareNextMember(walk, frame);
    if (!more) walk.frames.pop();
  }
}

function compareNextItem(walk: Walk, frame: Frame): boolean {
  const { live, shadow } = frame;
  if (live >= frame.liveEnd || shadow >= frame.shadowEnd) return false;
  frame.index++;
  frame.live = walk.live.nodes[live + 3]!;
  frame.shadow = walk.shadow.nodes[shadow + 3]!;
  compareNodes(walk, live, shadow);
  return true;
}

/** A key that occurs more than once is compared occurrence by occurrence: parsers disagree on which one counts. */
function compareNextMember(walk: Walk, frame: Frame): boolean {
  const { live, shadow } = frame;
  if (live >= frame.liveEnd) {
    recordExtraMembers(walk, frame);
    return false;
  }
  const value = live + nodeWidth;
  frame.live = walk.live.nodes[value + 3]!;
  frame.keyDocument = walk.live;
  frame.key = live;
  if (frame.byKey === undefined) {
    if (shadow < frame.shadowEnd && sameKey(walk, live, shadow)) {
      frame.shadow = walk.shadow.nodes[shadow + nodeWidth + 3]!;
      compareNodes(walk, value, shadow + nodeWidth);
      return true;
    }
    frame.byKey = membersByKey(walk.shadow, shadow, frame.shadowEnd);
  }
  const member = frame.byKey.get(lookupKey(walk.live, live))?.pop();
  if (member === undefined) record(walk, 'missing', value, undefined);
  else compareNodes(walk, value, member + nodeWidth);
  return true;
}

function recordExtraMembers(walk: Walk, frame: Frame): void {
  const left =
    frame.byKey === undefined
      ? [...membersOf(walk.shadow, frame.shadow, frame.shadowEnd)]
      : [...frame.byKey.values()].flat();
  for (const member of left) {
    frame.keyDocument = walk.shadow;
    frame.key = member;
    record(walk, 'extra', undefined, member + nodeWidth);
  }
}

function sameKey({ live, shadow }: Walk, liveKey: number, shadowKey: number): boolean {
  return (
    sameText(live, liveKey, shadow, shadowKey) ||
    sameEscapedString(live, liveKey, shadow, shadowKey)
  );
}

function* membersOf({ nodes }: JsonDocument, first: number, end: number): Iterable<number> {
  for (let key = first; key < end; key = nodes[key + nodeWidth + 3]!) yield key;
}

function membersByKey(document: JsonDocument, first: number, end: number): Map<string, number[]> {
  const byKey = new Map<string, number[]>();
  for (const member of membersOf(document, first, end)) {
    const key = lookupKey(document, member);
    const members = byKey.get(key);
    if (members === undefined) byKey.set(key, [member]);
    else members.push(member);
  }
  for (const members of byKey.values()) members.reverse();
  return byKey;
}

/** With a quote before it no key looks like an array index, whose hash a sender can foresee (CVE-2026-21717). */
function lookupKey(document: JsonDocument, key: number): string {
  return `"${stringOf(document, key)}`;
}

/**
 * Comparing the text of containers inside each other reads the innermost once a level, so that this is done near
 * the root only; below, all is looked into.
 */
const maxDepthOfSameText = 16;

function compareNodes(walk: Walk, liveNode: number, shadowNode: number): void {
  const { live, shadow } = walk;
  const type = typeOf(live, liveNode);
  if (type !== typeOf(shadow, shadowNode)) {
    record(walk, 'type', liveNode, shadowNode);
    return;
  }
  const isContainer = type === 'array' || type === 'object';
  if (!isContainer || walk.frames.length < maxDepthOfSameText) {
    if (sameText(live, liveNode, shadow, shadowNode)) return;
  }
  switch (type) {
    case 'null':
      return;
    case 'boolean':
      record(walk, 'value', liveNode, shadowNode);
      return;
    case 'number':
      if (!sameWrittenNumber(live, liveNode, shadow, shadowNode))
        record(walk, 'value', liveNode, shadowNode);
      return;
    case 'string':
      if (!sameEscapedString(live, liveNode, shadow, shadowNode))
        record(walk, 'value', liveNode, shadowNode);
      return;
    case 'array':
      if (itemsIn(live, liveNode) !== itemsIn(shadow, shadowNode))
        record(walk, 'length', liveNode, shadowNode);
      enter(walk, 'array', liveNode, shadowNode);
      return;
    case 'object':
      enter(walk, 'object', liveNode, shadowNode);
  }
}

function enter(walk: Walk, kind: 'array' | 'object', liveNode: number, shadowNode: number): void {
  walk.frames.push({
    kind,
    live: liveNode + nodeWidth,
    liveEnd: walk.live.nodes[liveNode + 3]!,
    shadow: shadowNode + nodeWidth,
    shadowEnd: walk.shadow.nodes[shadowNode + 3]!,
    byKey: undefined,
    index: -1,
    keyDocument: walk.live,
    key: 0,
    ignoring: ignoringHere(walk),
  });
}

/** What the rules say of the node that is being compared: the child of the innermost frame, or the root. */
function ignoringHere({ rules, frames }: Walk): Ignoring {
  const parent = frames.at(-1);
  if (parent === undefined) return { rule: rules.ignoreBody?.text, pending: rules.ignore };
  const { ignoring } = parent;
  if (ignoring.rule !== undefined || ignoring.pending.length === 0) return ignoring;
  const pending = advanceGlobs(ignoring.pending, String(segmentOf(parent)));
  return { rule: holdingGlob(pending)?.text, pending };
}

function segmentOf(frame: Frame): Segment {
  return frame.kind === 'array' ? frame.index : stringOf(frame.keyDocument, frame.key);
}

/** A difference at the node that is being compared; the values are shown where the route says so. */
function record(
  walk: Walk,
  kind: DifferenceKind,
  liveNode: number | undefined,
  shadowNode: number | undefined,
): void {
  const { live, shadow, rules, findings, frames } = walk;
  const keys = rules.show === 'values' ? 'exact' : 'masked';
  const { rule } = ignoringHere(walk);
  if (rule !== undefined) {
    findings.ignores(rule, () => pointerOf(frames.map(segmentOf), keys));
    return;
  }
  const contract = kind === 'missing' || kind === 'extra' || kind === 'type';
  findings.differs('body', contract, () => {
    const path = frames.map(segmentOf);
    const described = { kind, pointer: pointerOf(path, keys), group: groupOf(path) };
    if (rules.show === 'pointers' || path.some(isSecretSegment)) return described;
    const show = kind === 'length' ? shownLength : shownNode;
    const one = liveNode === undefined ? undefined : show(live, liveNode);
    const other = shadowNode === undefined ? undefined : show(shadow, shadowNode);
    return {
      ...described,
      ...(one !== undefined && { live: one }),
      ...(other !== undefined && { shadow: other }),
    };
  });
}

function shownLength(document: JsonDocument, array: number): string {
  return String(itemsIn(document, array));
}

function isSecretSegment(segment: Segment): boolean {
  return typeof segment === 'string' && isSecretName(segment);
}
