/**
 * The labels of one comparison: what each may be called outside, and how often either side predicted it.
 */
import type { KeyedHash } from '../keyed-hash.ts';
import { shownText } from '../redaction.ts';
import { otherLabels, type PredictionComparison } from '../prediction.ts';

/** A longer label is not shown as it is, because two that begin alike would be one. */
const maxLabelLength = 64;
const maxDistinctLabels = 100;

export interface LabelNaming {
  /** Shown as they are. */
  readonly listed: ReadonlySet<string>;
  /** Whether the others are as well. */
  readonly showsAll: boolean;
  readonly hash: KeyedHash;
}

/** What a label may be called outside: itself, when it is listed or all are shown, else a keyed hash. */
export function nameOf(label: string, { listed, showsAll, hash }: LabelNaming): string {
  if (listed.has(label)) return label;
  const isShown = showsAll && label.length <= maxLabelLength && shownText(label) !== undefined;
  return isShown ? label : hash(label);
}

interface Counted {
  readonly name: string;
  live: number;
  shadow: number;
}

export class LabelTally {
  readonly #naming: LabelNaming;
  readonly #counts = new Map<string, Counted>();
  readonly #others: Counted = { name: otherLabels, live: 0, shadow: 0 };

  constructor(naming: LabelNaming) {
    this.#naming = naming;
  }

  count(label: string, side: 'live' | 'shadow'): void {
    this.#of(label)[side]++;
  }

  /** What the label may be called outside. */
  nameOf(label: string): string {
    const counted = this.#of(label);
    return counted === this.#others ? nameOf(label, this.#naming) : counted.name;
  }

  counts(): PredictionComparison['labels'] {
    const counts = [...this.#counts.values()];
    if (this.#others.live + this.#others.shadow > 0) counts.push(this.#others);
    return Object.freeze(
      Object.fromEntries(counts.map(({ name, live, shadow }) => [name, { live, shadow }])),
    );
  }

  #of(label: string): Counted {
    // With a quote before it no label looks like an array index, whose hash a sender can foresee (CVE-2026-21717).
    const key = `"${label}`;
    let counted = this.#counts.get(key);
    if (counted !== undefined) return counted;
    if (this.#counts.size >= maxDistinctLabels) return this.#others;
    counted = { name: nameOf(label, this.#naming), live: 0, shadow: 0 };
    this.#counts.set(key, counted);
    return counted;
  }
}
