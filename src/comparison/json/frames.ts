/**
 * Entering the array or object that is being compared: from then on its children are.
 */
import { nodeWidth } from './document.ts';
import type { Pairing } from './pairing.ts';
import { float32Of } from './tensor.ts';
import { record, rulesHere, type Walk } from './walk.ts';

/** An array whose items are compared by position. */
export function enterList(walk: Walk, liveNode: number, shadowNode: number): void {
  walk.frames.push({
    kind: 'list',
    live: liveNode + nodeWidth,
    liveEnd: walk.live.nodes[liveNode + 3]!,
    shadow: shadowNode + nodeWidth,
    shadowEnd: walk.shadow.nodes[shadowNode + 3]!,
    index: -1,
    here: rulesHere(walk),
    float32: float32Of(walk, liveNode, shadowNode),
  });
}

/** An array whose items `rule` pairs; that their order is passed over is written down. */
export function enterPairs(
  walk: Walk,
  liveNode: number,
  shadowNode: number,
  { pairs, reordered }: Pairing,
  rule: string,
): void {
  if (reordered) record(walk, 'order', liveNode, shadowNode, () => rule);
  walk.frames.push({
    kind: 'pairs',
    pairs,
    next: 0,
    index: -1,
    here: rulesHere(walk),
    float32: float32Of(walk, liveNode, shadowNode),
  });
}

/** An object whose members are compared by key. */
export function enterObject(walk: Walk, liveNode: number, shadowNode: number): void {
  walk.frames.push({
    kind: 'object',
    live: liveNode + nodeWidth,
    liveEnd: walk.live.nodes[liveNode + 3]!,
    shadow: shadowNode + nodeWidth,
    shadowEnd: walk.shadow.nodes[shadowNode + 3]!,
    left: undefined,
    keyDocument: walk.live,
    key: 0,
    here: rulesHere(walk),
    float32: float32Of(walk, liveNode, shadowNode),
  });
}
