/**
 * Which items of two arrays are compared with each other where their order means nothing: the noun, and the pairing
 * by a field of theirs. `likeness.ts` pairs by content.
 */
import { itemsOf, jsonObject, stringOf, typeOf, type JsonDocument } from './document.ts';
import { memberNamed } from './members.ts';
import { canonicalNumber } from './number.ts';
import { lexemeOf } from './text.ts';

/** Items that are compared with each other, or one that the other side has not. */
export interface ItemPair {
  readonly live: number | undefined;
  readonly shadow: number | undefined;
  /** In live; of an item that only the shadow has, in the shadow. */
  readonly index: number;
}

export interface Pairing {
  /** In the order of live; then what only the shadow has. */
  readonly pairs: readonly ItemPair[];
  /** Whether the shadow has them in another order. */
  readonly reordered: boolean;
}

/** An item of an array. */
export interface Item {
  readonly node: number;
  readonly index: number;
}

/** Both sides of a pair. */
export interface Couple {
  readonly live: Item;
  readonly shadow: Item;
}

export function listItems(document: JsonDocument, array: number): Item[] {
  return Array.from(itemsOf(document, array), (node, index) => ({ node, index }));
}

/**
 * Pairs the items whose field has the same value. Of several with one value the first goes with the first, and so
 * do those that have no such field, among themselves.
 */
export function pairByField(
  live: JsonDocument,
  liveArray: number,
  shadow: JsonDocument,
  shadowArray: number,
  field: string,
): Pairing {
  const left = new Map<string, Item[]>();
  for (const item of listItems(shadow, shadowArray).reverse()) {
    const value = fieldOf(shadow, item.node, field);
    const items = left.get(value);
    if (items === undefined) left.set(value, [item]);
    else items.push(item);
  }
  const couples: Couple[] = [];
  const missing: ItemPair[] = [];
  for (const item of listItems(live, liveArray)) {
    const other = left.get(fieldOf(live, item.node, field))?.pop();
    if (other !== undefined) couples.push({ live: item, shadow: other });
    else missing.push({ live: item.node, shadow: undefined, index: item.index });
  }
  const extra = [...left.values()].flat().sort(byIndex);
  const { pairs, reordered } = pairingOf(couples);
  return {
    pairs: [
      ...[...pairs, ...missing].sort(byIndex),
      ...extra.map(({ node, index }) => ({ live: undefined, shadow: node, index })),
    ],
    reordered,
  };
}

/** The pairs in the order of live. */
export function pairingOf(couples: Couple[]): Pairing {
  couples.sort((one, other) => one.live.index - other.live.index);
  let reordered = false;
  let previous = -1;
  const pairs = couples.map(({ live, shadow }): ItemPair => {
    if (shadow.index < previous) reordered = true;
    previous = shadow.index;
    return { live: live.node, shadow: shadow.node, index: live.index };
  });
  return { pairs, reordered };
}

/** A text that is the same for equal values of the field; empty for none, and for an array or object. */
function fieldOf(document: JsonDocument, item: number, field: string): string {
  if (document.nodes[item] !== jsonObject) return '';
  const value = memberNamed(document, item, field);
  if (value === undefined) return '';
  switch (typeOf(document, value)) {
    case 'string':
      return `"${stringOf(document, value)}`;
    case 'number':
      return `#${canonicalNumber(lexemeOf(document, value))}`;
    case 'boolean':
      return `!${lexemeOf(document, value)}`;
    case 'null':
    case 'array':
    case 'object':
      return '';
  }
}

function byIndex(one: { readonly index: number }, other: { readonly index: number }): number {
  return one.index - other.index;
}
