/**
 * The members of objects, by the text of their keys, whatever the escapes in which a key is written. A key may
 * occur more than once.
 */
import { nodeWidth, stringOf, type JsonDocument } from './document.ts';
import { sameEscapedString, sameText } from './text.ts';

/** The keys from `first` on, in document order. */
export function* membersOf({ nodes }: JsonDocument, first: number, end: number): Iterable<number> {
  for (let key = first; key < end; key = nodes[key + nodeWidth + 3]!) yield key;
}

/** The members from `first` on by `lookupKey`; of one key the last comes first. */
export function membersByKey(
  document: JsonDocument,
  first: number,
  end: number,
): Map<string, number[]> {
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
export function lookupKey(document: JsonDocument, key: number): string {
  return `"${stringOf(document, key)}`;
}

/** Whether two keys are the same text. */
export function sameKey(
  live: JsonDocument,
  liveKey: number,
  shadow: JsonDocument,
  shadowKey: number,
): boolean {
  return (
    sameText(live, liveKey, shadow, shadowKey) ||
    sameEscapedString(live, liveKey, shadow, shadowKey)
  );
}

/** The value of the first member of an object that has this key. */
export function memberNamed(
  document: JsonDocument,
  object: number,
  name: string,
): number | undefined {
  const end = document.nodes[object + 3]!;
  for (const key of membersOf(document, object + nodeWidth, end)) {
    if (stringOf(document, key) === name) return key + nodeWidth;
  }
  return undefined;
}
