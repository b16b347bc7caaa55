/**
 * The structural difference of two JSON texts: objects by key whatever their order, arrays by position unless a rule
 * pairs their items, numbers and strings by value. Text that is the same on both sides is passed over without being
 * looked into. Nothing recurses, and rules follow the path segment by segment, so that the work grows with the texts
 * alone.
 */
import type { Findings } from '../findings.ts';
import { itemsIn, jsonNull, nodeWidth, typeOf, type JsonDocument } from './document.ts';
import { enterList, enterObject, enterPairs } from './frames.ts';
import { Likeness } from './likeness.ts';
import { MembersLeft, membersOf, sameKey } from './members.ts';
import { comparesText, isReordered } from './order.ts';
import { pairByField } from './pairing.ts';
import { sameEscapedString, sameText, sameWrittenNumber } from './text.ts';
import { ruleForNumbers, ruleForStrings } from './value.ts';
import {
  record,
  rulesHere,
  type ListFrame,
  type ObjectFrame,
  type PairsFrame,
  type Walk,
} from './walk.ts';
import { keyedHere, ruleHere } from '../path-rules.ts';
import type { Rules } from '../rules.ts';

/** Adds what differs to `findings`. */
export function compareJson(
  live: JsonDocument,
  shadow: JsonDocument,
  rules: Rules,
  findings: Findings,
): void {
  const likeness = new Likeness(live, shadow);
  const { requestedAtUnixMs } = findings;
  const walk: Walk = { live, shadow, rules, findings, requestedAtUnixMs, likeness, frames: [] };
  compareNodes(walk, 0, 0);
  compareInside(walk, 0);
}

/** Compares all that is in the frames beyond the first `outer`, until nothing is left or `isEnough`. */
function compareInside(walk: Walk, outer: number, isEnough: () => boolean = () => false): void {
  const { frames } = walk;
  while (frames.length > outer && !isEnough()) {
    if (!compareNext(walk)) frames.pop();
  }
  frames.length = outer;
}

/** Compares the next child of the innermost frame; false when there is none. */
function compareNext(walk: Walk): boolean {
  const frame = walk.frames.at(-1)!;
  switch (frame.kind) {
    case 'list':
      return compareNextItem(walk, frame);
    case 'pairs':
      return compareNextPair(walk, frame);
    case 'object':
      return compareNextMember(walk, frame);
  }
}

function compareNextItem(walk: Walk, frame: ListFrame): boolean {
  const { live, shadow } = frame;
  if (live >= frame.liveEnd || shadow >= frame.shadowEnd) return false;
  frame.index++;
  frame.live = walk.live.nodes[live + 3]!;
  frame.shadow = walk.shadow.nodes[shadow + 3]!;
  compareNodes(walk, live, shadow);
  return true;
}

function compareNextPair(walk: Walk, frame: PairsFrame): boolean {
  const pair = frame.pairs[frame.next++];
  if (pair === undefined) return false;
  frame.index = pair.index;
  if (pair.shadow === undefined) record(walk, 'missing', pair.live, undefined);
  else if (pair.live === undefined) record(walk, 'extra', undefined, pair.shadow);
  else compareNodes(walk, pair.live, pair.shadow);
  return true;
}

/** A key that occurs more than once is compared occurrence by occurrence: parsers disagree on which one counts. */
function compareNextMember(walk: Walk, frame: ObjectFrame): boolean {
  const { live, shadow } = frame;
  if (live >= frame.liveEnd) {
    recordExtraMembers(walk, frame);
    return false;
  }
  const value = live + nodeWidth;
  frame.live = walk.live.nodes[value + 3]!;
  frame.keyDocument = walk.live;
  frame.key = live;
  if (frame.left === undefined) {
    if (shadow < frame.shadowEnd && sameKey(walk.live, live, walk.shadow, shadow)) {
      frame.shadow = walk.shadow.nodes[shadow + nodeWidth + 3]!;
      compareNodes(walk, value, shadow + nodeWidth);
      return true;
    }
    frame.left = new MembersLeft(walk.shadow, shadow, frame.shadowEnd);
  }
  const member = frame.left.take(walk.live, live);
  if (member === undefined) recordLonelyMember(walk, value, undefined);
  else compareNodes(walk, value, member + nodeWidth);
  return true;
}

function recordExtraMembers(walk: Walk, frame: ObjectFrame): void {
  const left = frame.left?.rest() ?? membersOf(walk.shadow, frame.shadow, frame.shadowEnd);
  for (const member of left) {
    frame.keyDocument = walk.shadow;
    frame.key = member;
    recordLonelyMember(walk, undefined, member + nodeWidth);
  }
}

function recordLonelyMember(
  walk: Walk,
  live: number | undefined,
  shadow: number | undefined,
): void {
  const isNull =
    live === undefined
      ? walk.shadow.nodes[shadow!] === jsonNull
      : walk.live.nodes[live] === jsonNull;
  record(walk, live === undefined ? 'extra' : 'missing', live, shadow, (here) =>
    isNull ? ruleHere(here, 'nullEqualsMissing')?.name : undefined,
  );
}

function compareNodes(walk: Walk, liveNode: number, shadowNode: number): void {
  const { live, shadow } = walk;
  const type = typeOf(live, liveNode);
  if (type !== typeOf(shadow, shadowNode)) {
    record(walk, 'type', liveNode, shadowNode);
    return;
  }
  const isContainer = type === 'array' || type === 'object';
  if (!isContainer || comparesText(walk)) {
    if (sameText(live, liveNode, shadow, shadowNode)) return;
  }
  switch (type) {
    case 'null':
      return;
    case 'boolean':
      record(walk, 'value', liveNode, shadowNode);
      return;
    case 'number':
      if (!sameWrittenNumber(live, liveNode, shadow, shadowNode)) {
        const float32 = walk.frames.at(-1)?.float32 === 'data';
        record(walk, 'value', liveNode, shadowNode, (here) =>
          ruleForNumbers(live, liveNode, shadow, shadowNode, here, float32),
        );
      }
      return;
    case 'string':
      if (!sameEscapedString(live, liveNode, shadow, shadowNode)) {
        record(walk, 'value', liveNode, shadowNode, (here) =>
          ruleForStrings(live, liveNode, shadow, shadowNode, here),
        );
      }
      return;
    case 'array':
      compareArrays(walk, liveNode, shadowNode);
      return;
    case 'object':
      enterObject(walk, liveNode, shadowNode);
  }
}

function compareArrays(walk: Walk, liveNode: number, shadowNode: number): void {
  const { live, shadow, likeness } = walk;
  const here = rulesHere(walk);
  const keyed = keyedHere(here);
  if (keyed !== undefined) {
    const pairing = pairByField(live, liveNode, shadow, shadowNode, keyed.field);
    enterPairs(walk, liveNode, shadowNode, pairing, keyed.name);
    return;
  }
  const sameLength = itemsIn(live, liveNode) === itemsIn(shadow, shadowNode);
  if (!sameLength) record(walk, 'length', liveNode, shadowNode);
  const unordered = ruleHere(here, 'unordered');
  if (unordered !== undefined) {
    const pairing = likeness.pair(liveNode, shadowNode, here);
    enterPairs(walk, liveNode, shadowNode, pairing, unordered.name);
  } else if (sameLength && isReordered(walk, liveNode, shadowNode)) {
    const rule = ruleForAllInside(walk, liveNode, shadowNode);
    record(walk, 'order', liveNode, shadowNode, () => rule);
  } else enterList(walk, liveNode, shadowNode);
}

/** The first of the rules by which nothing differs in two arrays that are compared by position, if that is so. */
function ruleForAllInside(walk: Walk, liveNode: number, shadowNode: number): string | undefined {
  let rule: string | undefined;
  let differing = false;
  const findings: Walk['findings'] = {
    differs: () => {
      differing = true;
    },
    ignores: (name) => {
      rule ??= name;
    },
  };
  enterList({ ...walk, findings }, liveNode, shadowNode);
  compareInside({ ...walk, findings }, walk.frames.length - 1, () => differing);
  return differing ? undefined : rule;
}
