/**
 * What one answer predicts for one instance, as it was read: inside this folder only, because labels and texts stand
 * here as they are.
 */
import type { JsonDocument } from '../json/document.ts';
import type { NodeHashes } from '../json/hash.ts';

export interface Extracted {
  readonly label?: string;
  /** What else has to be the same for two labels to agree: the functions that a chat wants to be called. */
  readonly calls?: string;
  /** Finite. */
  readonly score?: number;
  readonly probabilities?: Probabilities;
  /** The first items, best first, each as a text that is the same for the same item. */
  readonly ranking?: readonly string[];
  readonly text?: string;
}

export interface Probabilities {
  /** At least two. */
  readonly values: readonly number[];
  /** Their names, when the answer tells them. */
  readonly classes?: readonly string[];
}

/** The instances of one answer, in order; undefined where there is nothing that is understood. */
export type Extraction = Iterable<Extracted | undefined>;

/** A document that is read for its predictions. */
export interface PredictionSource {
  readonly document: JsonDocument;
  readonly hashes: NodeHashes;
  readonly names: ClassNames;
}

/** The labels of the route, which are also the names of its classes, in their order. */
export interface ClassNames {
  readonly ordered: readonly string[];
  readonly known: ReadonlySet<string>;
}
