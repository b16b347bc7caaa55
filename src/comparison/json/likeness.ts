/**
 * Pairs the items of two arrays whose order means nothing by what they say. Which items are paired depends neither on
 * their order nor on which side is live. The cost grows with the arrays; only what is left when all that is equal has
 * been paired is held against each other, and that is bounded for a whole comparison.
 */
import { jsonArray, jsonObject, nodeWidth, type JsonDocument } from './document.ts';
import { Gist } from './gist.ts';
import { mixed, NodeHashes } from './hash.ts';
import { membersOf } from './members.ts';
import { listItems, pairingOf, type Couple, type Item, type Pairing } from './pairing.ts';
import type { RulesHere } from '../path-rules.ts';

/** Of items that differ, how many couples are tried in one comparison; beyond it they go by their numbers. */
const maxTrials = 20_000;
/** What of an item is held against another one. */
const maxTraits = 64;

/** One side of a comparison. */
class Side {
  readonly document: JsonDocument;
  /** Of what is written, whatever the rules say of it. */
  readonly written: NodeHashes;
  readonly gist: Gist;

  constructor(document: JsonDocument) {
    this.document = document;
    this.written = new NodeHashes(document);
    this.gist = new Gist(document, this.written);
  }
}

/** An item and what it says. */
interface Candidate extends Item {
  readonly written: number;
  readonly gist: number;
  readonly size: number;
}

interface Split {
  readonly live: Candidate[];
  readonly shadow: Candidate[];
}

/** Of two documents: what is equal, and what comes nearest to it. */
export class Likeness {
  readonly #live: Side;
  readonly #shadow: Side;
  #trialsLeft = maxTrials;

  constructor(live: JsonDocument, shadow: JsonDocument) {
    this.#live = new Side(live);
    this.#shadow = new Side(shadow);
  }

  /** Whether two nodes say the same as far as their numbers tell. */
  isEqual(live: number, shadow: number): boolean {
    return this.#live.written.of(live) === this.#shadow.written.of(shadow);
  }

  /** Whether both have the same items, each as often. */
  isPermuted(live: readonly number[], shadow: readonly number[]): boolean {
    const others = new Map<number, number>();
    for (const item of shadow) {
      const hash = this.#shadow.written.of(item);
      others.set(hash, (others.get(hash) ?? 0) + 1);
    }
    return live.every((item) => {
      const hash = this.#live.written.of(item);
      const left = others.get(hash) ?? 0;
      others.set(hash, left - 1);
      return left > 0;
    });
  }

  /**
   * Pairs as many items as the shorter array has: equal ones first, then those that are equal but for what the rules
   * pass over, then those that have most in common. `here` holds for the arrays.
   */
  pair(liveArray: number, shadowArray: number, here: RulesHere): Pairing {
    this.#live.gist.cover(liveArray, here);
    this.#shadow.gist.cover(shadowArray, here);
    const couples: Couple[] = [];
    const differing = takeEqual(
      { live: candidates(this.#live, liveArray), shadow: candidates(this.#shadow, shadowArray) },
      'written',
      couples,
    );
    if (differing.live.length > 0 && differing.shadow.length > 0) {
      const left = takeEqual(
        {
          live: differing.live.map((item) => withGist(this.#live, item)),
          shadow: differing.shadow.map((item) => withGist(this.#shadow, item)),
        },
        'gist',
        couples,
      );
      this.#takeAlike(left, couples);
    }
    return pairingOf(couples);
  }

  #takeAlike({ live, shadow }: Split, couples: Couple[]): void {
    const trials = live.length * shadow.length;
    if (trials <= 1 || trials > this.#trialsLeft) {
      live.sort(byContent);
      shadow.sort(byContent);
      const shorter = Math.min(live.length, shadow.length);
      for (let rank = 0; rank < shorter; rank++) {
        couples.push({ live: live[rank]!, shadow: shadow[rank]! });
      }
      return;
    }
    this.#trialsLeft -= trials;
    const others = shadow.map((item) => ({ item, traits: traitsOf(this.#shadow, item) }));
    const tried = live.flatMap((item) => {
      const traits = traitsOf(this.#live, item);
      return others.map((other) => ({
        live: item,
        shadow: other.item,
        shared: sharedBy(traits, other.traits),
      }));
    });
    tried.sort(byLikeness);
    const taken = new Set<Item>();
    for (const { live: one, shadow: other } of tried) {
      if (taken.has(one) || taken.has(other)) continue;
      taken.add(one).add(other);
      couples.push({ live: one, shadow: other });
    }
  }
}

function candidates({ document, gist }: Side, array: number): Candidate[] {
  const { written } = gist;
  return listItems(document, array).map((item) => {
    return { ...item, written: written.of(item.node), gist: 0, size: 0 };
  });
}

function withGist({ gist }: Side, item: Candidate): Candidate {
  return { ...item, gist: gist.hashes.of(item.node), size: gist.sizeOf(item.node) };
}

/** Takes the items of which the other side has an equal; what is left comes back. */
function takeEqual({ live, shadow }: Split, by: 'written' | 'gist', couples: Couple[]): Split {
  const left = new Map<number, Candidate[]>();
  // From the end, because it is cheap to take from the end.
  for (const candidate of shadow.sort(byContent).reverse()) {
    const equals = left.get(candidate[by]);
    if (equals === undefined) left.set(candidate[by], [candidate]);
    else equals.push(candidate);
  }
  const unmatched: Candidate[] = [];
  for (const candidate of live.sort(byContent)) {
    const other = left.get(candidate[by])?.pop();
    if (other === undefined) unmatched.push(candidate);
    else couples.push({ live: candidate, shadow: other });
  }
  return { live: unmatched, shadow: [...left.values()].flat().reverse() };
}

/** Numbers for the type, the keys and the members or items of an item. */
function traitsOf({ document, gist }: Side, { node: item }: Item): Set<number> {
  const { nodes } = document;
  const kind = nodes[item]!;
  const end = nodes[item + 3]!;
  const traits = new Set([kind]);
  if (kind === jsonObject) {
    for (const key of membersOf(document, item + nodeWidth, end)) {
      if (traits.size > maxTraits) break;
      traits.add(gist.hashes.of(key)).add(gist.hashes.ofMember(key));
    }
  } else if (kind === jsonArray) {
    for (const { node, index } of listItems(document, item)) {
      if (traits.size > maxTraits) break;
      traits.add(mixed(gist.isUnordered(item) ? 0 : index, gist.hashes.of(node)));
    }
  }
  return traits;
}

function sharedBy(traits: ReadonlySet<number>, others: ReadonlySet<number>): number {
  let shared = 0;
  for (const trait of traits) if (others.has(trait)) shared++;
  return shared;
}

function byContent(one: Candidate, other: Candidate): number {
  return one.size - other.size || one.written - other.written || one.index - other.index;
}

interface Trial extends Couple {
  readonly live: Candidate;
  readonly shadow: Candidate;
  readonly shared: number;
}

/** Of couples with as much in common, those of the same two contents come together, whichever side has which. */
function byLikeness(one: Trial, other: Trial): number {
  return (
    other.shared - one.shared ||
    Math.min(one.live.written, one.shadow.written) -
      Math.min(other.live.written, other.shadow.written) ||
    Math.max(one.live.written, one.shadow.written) -
      Math.max(other.live.written, other.shadow.written) ||
    one.live.index - other.live.index ||
    one.shadow.index - other.shadow.index
  );
}
