/**
 * Ranked lists: what stands for an item, and how many of the first items two lists share.
 */
import { itemsOf, typeOf } from '../json/document.ts';
import { memberNamed } from '../json/members.ts';
import { scalarText } from '../json/scalar.ts';
import type { PredictionSource } from './extracted.ts';

/** How many items of a ranking count. */
export const rankedItems = 10;

/**
 * The first items of a list. An item is what it says when it is a string or number; an object is its `id` (or
 * `item_id`), a list (as in `[item, score]`) its first item; anything else is its whole content.
 */
export function readRanking(source: PredictionSource, node: number): string[] | undefined {
  if (typeOf(source.document, node) !== 'array') return undefined;
  const items: string[] = [];
  for (const item of itemsOf(source.document, node)) {
    items.push(itemText(source, item));
    if (items.length === rankedItems) break;
  }
  return items.length === 0 ? undefined : items;
}

function itemText({ document, hashes }: PredictionSource, item: number): string {
  const told = identityOf(document, item);
  const text = told === undefined ? undefined : scalarText(document, told);
  return text === undefined ? `#${hashes.of(item)}` : `"${text}`;
}

function identityOf(document: PredictionSource['document'], item: number): number | undefined {
  const type = typeOf(document, item);
  if (type === 'object') {
    return memberNamed(document, item, 'id') ?? memberNamed(document, item, 'item_id');
  }
  if (type !== 'array') return item;
  const [first] = itemsOf(document, item);
  return first;
}

/** Items that both have, as a share of the longer list: |A ∩ B| / k, k being at most `rankedItems`. */
export function topKOverlap(live: readonly string[], shadow: readonly string[]): number {
  const one = new Set(live);
  const other = new Set(shadow);
  let shared = 0;
  for (const item of one) if (other.has(item)) shared++;
  return shared / Math.max(one.size, other.size);
}
