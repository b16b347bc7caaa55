/**
 * What the nodes of a document say but for what the rules pass over: ignored values, forms, tolerated distances,
 * null for missing, the order of arrays. Items that differ in no more are found by it to be each other's counterpart.
 */
import {
  jsonArray,
  jsonEscapedString,
  jsonNull,
  jsonNumber,
  jsonObject,
  jsonPlainString,
  nodeWidth,
  stringOf,
  type JsonDocument,
} from './document.ts';
import { mixed, NodeHashes, type Said } from './hash.ts';
import { lexemeOf } from './text.ts';
import {
  descendRules,
  isRuleless,
  isSettled,
  keyedHere,
  ruleHere,
  toleranceHere,
  type PlaceRule,
  type RulesHere,
} from '../path-rules.ts';
import { unnamedSegment } from '../pointer-glob.ts';
import { formOfText, isEpoch, plainText } from '../value-form.ts';

/** An array or object on the way to the node that is looked at. */
interface Level {
  readonly end: number;
  readonly kind: 'list' | 'unordered' | 'object';
  readonly here: RulesHere;
  /** The same for the same place of every item. */
  readonly place: number;
  index: number;
}

/** The gist of one document, made for one array and all that is in it at a time. */
export class Gist {
  /** Numbers that are equal for nodes with the same gist. */
  readonly hashes: NodeHashes;
  readonly #document: JsonDocument;
  /** Of what is written. */
  readonly #written: NodeHashes;
  readonly #said = new Map<number, Said>();
  readonly #bags = new Map<number, Said>();
  readonly #itemsInAnyOrder: NodeHashes;
  /** By the index of the node: the numbers in it that may be off a little, weighted by their places. */
  #sizes: Float64Array | undefined;
  #start = 0;
  #end = 0;

  constructor(document: JsonDocument, written: NodeHashes) {
    this.#document = document;
    this.#written = written;
    this.hashes = new NodeHashes(document, this.#said);
    this.#itemsInAnyOrder = new NodeHashes(document, this.#bags);
  }

  /** Numbers that are equal for nodes in which the same is written, but for the order of unordered arrays. */
  get written(): NodeHashes {
    return this.#bags.size === 0 ? this.#written : this.#itemsInAnyOrder;
  }

  /** Prepares what is asked of the items of `array`, for which `here` holds and whose items only `*` names. */
  cover(array: number, here: RulesHere): void {
    // What holds inside of an array was settled with that array.
    if (array >= this.#start && array < this.#end) return;
    this.#start = array;
    this.#end = this.#document.nodes[array + 3]!;
    if (!isRuleless(here)) this.#follow(array, here);
    if (this.#sizes !== undefined) this.#addUp(this.#sizes);
  }

  isUnordered(array: number): boolean {
    return this.#bags.has(array);
  }

  /** Close for nodes with the same gist and numbers that are close. */
  sizeOf(node: number): number {
    // The last digits depend on the order in which numbers were added.
    return Math.fround(this.#sizes?.[node / nodeWidth] ?? 0);
  }

  #follow(array: number, rules: RulesHere): void {
    const { nodes } = this.#document;
    const levels: Level[] = [
      { end: this.#end, kind: 'unordered', here: rules, place: 1, index: -1 },
    ];
    for (let node = array + nodeWidth; node < this.#end;) {
      while (node >= levels.at(-1)!.end) levels.pop();
      const level = levels.at(-1)!;
      level.index++;
      const value = level.kind === 'object' ? node + nodeWidth : node;
      const here = isSettled(level.here)
        ? level.here
        : descendRules(level.here, this.#segmentAt(level, node));
      const said = here.held.length === 0 ? undefined : this.#saidOf(value, here, level, node);
      if (said !== undefined) this.#said.set(value, said);
      if (said?.unordered === true) this.#bags.set(value, said);
      const kind = nodes[value];
      const open = kind === jsonArray || kind === jsonObject;
      if (open && said?.instead === undefined && !isRuleless(here)) {
        levels.push({
          end: nodes[value + 3]!,
          kind: kind === jsonObject ? 'object' : said?.unordered === true ? 'unordered' : 'list',
          here,
          place: this.#placeOf(level, node),
          index: -1,
        });
        node = value + nodeWidth;
      } else node = nodes[value + 3]!;
    }
  }

  #segmentAt({ kind, index }: Level, node: number): string {
    if (kind === 'object') return stringOf(this.#document, node);
    return kind === 'unordered' ? unnamedSegment : String(index);
  }

  #placeOf({ kind, place, index }: Level, node: number): number {
    if (kind === 'object') return mixed(place, this.#written.of(node));
    return mixed(place, kind === 'unordered' ? -1 : index);
  }

  #saidOf(value: number, here: RulesHere, level: Level, node: number): Said | undefined {
    const has = (kind: PlaceRule['kind']) => ruleHere(here, kind) !== undefined;
    if (has('ignore')) return { instead: 'ignored', omitted: true };
    switch (this.#document.nodes[value]!) {
      case jsonNull:
        return has('nullEqualsMissing') ? { omitted: true } : undefined;
      case jsonPlainString:
      case jsonEscapedString:
        return saidOfText(stringOf(this.#document, value), has);
      case jsonArray:
        return has('unordered') || keyedHere(here) !== undefined ? { unordered: true } : undefined;
      case jsonNumber: {
        const number = Number(lexemeOf(this.#document, value));
        if (has('timestamp') && isEpoch(number)) return { instead: 'timestamp' };
        const { relative = 0, absolute = 0 } = toleranceHere(here)?.tolerance ?? {};
        if (relative === 0 && absolute === 0) return undefined;
        this.#sizes ??= new Float64Array(this.#document.nodes[3]! / nodeWidth);
        const weight = 1 + this.#placeOf(level, node) / 2 ** 53;
        this.#sizes[value / nodeWidth] = Number.isFinite(number) ? number * weight : 0;
        return { instead: 'number' };
      }
      default:
        return undefined;
    }
  }

  #addUp(sizes: Float64Array): void {
    const { nodes } = this.#document;
    for (let node = this.#end - nodeWidth; node >= this.#start; node -= nodeWidth) {
      if (nodes[node] !== jsonArray && nodes[node] !== jsonObject) continue;
      const width = nodes[node] === jsonObject ? nodeWidth : 0;
      let size = 0;
      for (let key = node + nodeWidth; key < nodes[node + 3]!; key = nodes[key + width + 3]!) {
        size += sizes[(key + width) / nodeWidth]!;
      }
      sizes[node / nodeWidth] = size;
    }
  }
}

function saidOfText(text: string, has: (kind: PlaceRule['kind']) => boolean): Said | undefined {
  const form = formOfText(text, has);
  if (form !== undefined) return { instead: form };
  return has('trim') || has('lowercase') ? { instead: `text ${plainText(text, has)}` } : undefined;
}
