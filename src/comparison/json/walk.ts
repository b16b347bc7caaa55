/**
 * Where the comparison of two JSON texts is: the arrays and objects from the root to what is being compared, with the
 * rules that hold there, and how what is found there is written down.
 */
import type { DifferenceKind } from '../comparison.ts';
import { maxDigested } from '../digest.ts';
import type { Findings } from '../findings.ts';
import { itemsIn, stringOf, type JsonDocument } from './document.ts';
import { hintsOf } from './hints.ts';
import type { Likeness } from './likeness.ts';
import type { MembersLeft } from './members.ts';
import type { ItemPair } from './pairing.ts';
import { nodeDigest, shownNode } from './text.ts';
import { descendRules, isSettled, ruleHere, type RulesHere } from '../path-rules.ts';
import { groupOf, pointerOf, type Segment } from '../pointer.ts';
import { unnamedSegment } from '../pointer-glob.ts';
import { isSecretName } from '../redaction.ts';
import type { Rules } from '../rules.ts';

/** An array or object that both sides have and that is being looked into. */
export type Frame = ListFrame | PairsFrame | ObjectFrame;

interface Inside {
  readonly here: RulesHere;
  /** Whether the numbers in it are of single precision, or it is the tensor whose `data` is. */
  readonly float32: 'data' | 'tensor' | undefined;
}

/** An array whose items are compared by position. */
export interface ListFrame extends Inside {
  readonly kind: 'list';
  /** The next item of each side, and the node behind the last one. */
  live: number;
  readonly liveEnd: number;
  shadow: number;
  readonly shadowEnd: number;
  /** Of the item that is being compared. */
  index: number;
}

/** An array whose items were paired before. */
export interface PairsFrame extends Inside {
  readonly kind: 'pairs';
  readonly pairs: readonly ItemPair[];
  next: number;
  index: number;
}

export interface ObjectFrame extends Inside {
  readonly kind: 'object';
  /** The next member of each side, and the node behind the last one. */
  live: number;
  readonly liveEnd: number;
  shadow: number;
  readonly shadowEnd: number;
  /** The shadow's, once the keys do not come in the same order. */
  left: MembersLeft | undefined;
  /** The key of the member that is being compared, as a node of one of the documents. */
  keyDocument: JsonDocument;
  key: number;
}

export interface Walk {
  readonly live: JsonDocument;
  readonly shadow: JsonDocument;
  readonly rules: Rules;
  readonly findings: Pick<Findings, 'differs' | 'ignores'>;
  readonly requestedAtUnixMs: number;
  readonly likeness: Likeness;
  /** From the root to the container whose children are being compared. */
  readonly frames: Frame[];
}

/** The rules for the node that is being compared: the child of the innermost frame, or the root. */
export function rulesHere({ rules, frames }: Walk): RulesHere {
  const parent = frames.at(-1);
  if (parent === undefined) return rules.body;
  if (isSettled(parent.here)) return parent.here;
  const segment = parent.kind === 'pairs' ? unnamedSegment : String(segmentOf(parent));
  return descendRules(parent.here, segment);
}

export function segmentOf(frame: Frame): Segment {
  return frame.kind === 'object' ? stringOf(frame.keyDocument, frame.key) : frame.index;
}

/**
 * Writes down what was found at the node that is being compared: as ignored by a rule that ignores the place, or by
 * `rule`, which is for findings of this kind, else as a difference, whose values are shown where the route says so.
 */
export function record(
  walk: Walk,
  kind: DifferenceKind,
  liveNode: number | undefined,
  shadowNode: number | undefined,
  rule?: (here: RulesHere) => string | undefined,
): void {
  const { live, shadow, rules, findings, frames } = walk;
  const keys = rules.show === 'values' ? 'exact' : 'masked';
  const here = rulesHere(walk);
  const ignoring = ruleHere(here, 'ignore')?.name ?? rule?.(here);
  if (ignoring !== undefined) {
    findings.ignores(ignoring, () => pointerOf(frames.map(segmentOf), keys));
    return;
  }
  const contract = kind === 'missing' || kind === 'extra' || kind === 'type';
  findings.differs('body', contract, (position) => {
    const path = frames.map(segmentOf);
    const group = groupOf(path);
    const isSecret = path.some(isSecretSegment);
    const described = {
      kind,
      pointer: pointerOf(path, keys),
      group,
      ...(kind === 'value' &&
        hintsOf(
          live,
          liveNode!,
          shadow,
          shadowNode!,
          { lastSeen: rules.lastSeen, group, requestedAtUnixMs: walk.requestedAtUnixMs },
          !isSecret,
        )),
    };
    if (isSecret) return described;
    if (rules.show === 'pointers') {
      if (position >= maxDigested) return described;
      const digests = {
        ...(liveNode !== undefined && { live: nodeDigest(live, liveNode, rules.hash) }),
        ...(shadowNode !== undefined && { shadow: nodeDigest(shadow, shadowNode, rules.hash) }),
      };
      return { ...described, digests };
    }
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
