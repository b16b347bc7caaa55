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

/** Up to so many keys are looked at one by one: that takes less than a text and a list of each. */
const maxScanned = 16;

/** The members of an object for which nothing has been found on the other side yet. */
export class MembersLeft {
  readonly #document: JsonDocument;
  /** In document order, while there are few; -1 for one that was taken. */
  readonly #scanned: number[] = [];
  /** Of one key the last comes first. */
  readonly #byKey: Map<string, number[]> | undefined;

  /** The members from the key `first` on. */
  constructor(document: JsonDocument, first: number, end: number) {
    this.#document = document;
    const { nodes } = document;
    for (let member = first; member < end; member = nodes[member + nodeWidth + 3]!) {
      if (this.#scanned.push(member) > maxScanned) {
        this.#byKey = membersByKey(document, first, end);
        break;
      }
    }
  }

  /** Takes the first member that has the key of another document. */
  take(other: JsonDocument, key: number): number | undefined {
    if (this.#byKey !== undefined) return this.#byKey.get(lookupKey(other, key))?.pop();
    for (let place = 0; place < this.#scanned.length; place++) {
      const member = this.#scanned[place]!;
      if (member >= 0 && sameKey(other, key, this.#document, member)) {
        this.#scanned[place] = -1;
        return member;
      }
    }
    return undefined;
  }

  /** Those that were not taken. */
  rest(): number[] {
    if (this.#byKey !== undefined) return [...this.#byKey.values()].flat();
    return this.#scanned.filter((member) => member >= 0);
  }
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
