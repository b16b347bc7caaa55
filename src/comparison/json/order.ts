/**
 * Whether two arrays have the same items in another order, which is one difference and not one of each item.
 */
import { itemsOf, nodeWidth } from './document.ts';
import { sameText } from './text.ts';
import type { Walk } from './walk.ts';

/**
 * Comparing the text of containers inside each other reads the innermost once a level, so that this is done near
 * the root only; below, all is looked into.
 */
const maxDepthOfSameText = 16;

/** Whether the text of arrays and objects is compared before they are looked into. */
export function comparesText({ frames }: Walk): boolean {
  return frames.length < maxDepthOfSameText;
}

/** Whether two arrays of one length have the same items, but not at the same places. */
export function isReordered(walk: Walk, liveNode: number, shadowNode: number): boolean {
  const { live, shadow, likeness } = walk;
  const byText = comparesText(walk);
  const moved: number[] = [];
  const others: number[] = [];
  let shadowItem = shadowNode + nodeWidth;
  for (const item of itemsOf(live, liveNode)) {
    if (!byText || !sameText(live, item, shadow, shadowItem)) {
      moved.push(item);
      others.push(shadowItem);
    }
    shadowItem = shadow.nodes[shadowItem + 3]!;
  }
  if (moved.length < 2) return false;
  // Most arrays that differ are settled by one item that the other side has not.
  const first = moved.find((item, index) => !likeness.isEqual(item, others[index]!));
  if (first === undefined || !others.some((item) => likeness.isEqual(first, item))) return false;
  return likeness.isPermuted(moved, others);
}
