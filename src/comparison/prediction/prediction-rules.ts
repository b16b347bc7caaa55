/**
 * What the answers of a route predict: the `prediction:` section of the route, compiled once when the configuration is
 * read, and the way from two answers to the comparison of their predictions.
 */
import type { BodyReading } from '../body-reading.ts';
import type { JsonDocument } from '../json/document.ts';
import { NodeHashes } from '../json/hash.ts';
import type { KeyedHash } from '../keyed-hash.ts';
import type { PredictionComparison } from '../prediction.ts';
import { comparePredictions } from './compare-predictions.ts';
import type { ClassNames, Extraction, PredictionSource } from './extracted.ts';
import { readKserve } from './kserve.ts';
import type { LabelNaming } from './label-tally.ts';
import { readMlflow } from './mlflow.ts';
import { readOpenInference } from './open-inference.ts';
import { readChat } from './openai-chat.ts';
import { compilePlace, readPlaces } from './pointers.ts';
import { readSklearn } from './sklearn.ts';

/** Keys of a route's `prediction:`: either a preset or pointers. */
export interface PredictionOptions {
  readonly preset?: keyof typeof presets | undefined;
  /** JSON Pointers in which one segment may be `*`, as of `compilePlace`. */
  readonly label?: string | undefined;
  readonly score?: string | undefined;
  readonly ranking?: string | undefined;
  /** Shown in clear, and the names of the classes, in their order. Default none. */
  readonly labels?: readonly string[] | undefined;
}

/** `other` is the other answer, if it can be read as well. */
type Extract = (source: PredictionSource, other: PredictionSource | undefined) => Extraction;

const presets = {
  'kserve-v1': readKserve,
  'oip-v2': readOpenInference,
  mlflow: readMlflow,
  'openai-chat': readChat,
  sklearn: readSklearn,
} satisfies Record<string, Extract>;

export interface PredictionRules {
  readonly extract: Extract;
  readonly names: ClassNames;
  readonly naming: LabelNaming;
}

export function compilePrediction(
  options: PredictionOptions,
  show: 'pointers' | 'values',
  hash: KeyedHash,
): PredictionRules {
  const ordered = options.labels ?? [];
  const known = new Set(ordered);
  return {
    extract: options.preset === undefined ? extractAt(options) : presets[options.preset],
    names: { ordered, known },
    naming: { listed: known, showsAll: show === 'values', hash },
  };
}

function extractAt({ label, score, ranking }: PredictionOptions): Extract {
  const places = {
    label: compilePlace(label),
    score: compilePlace(score),
    ranking: compilePlace(ranking),
  };
  return (source) => readPlaces(source, places);
}

interface Answer {
  readonly status: number;
  readonly body: BodyReading;
}

/**
 * Only an answer of class 2xx that is JSON predicts something. Undefined when neither does, and when one of them was
 * too large to be read: of that nobody knows what it says.
 */
export function comparePredicted(
  live: Answer,
  shadow: Answer,
  { extract, names, naming }: PredictionRules,
): PredictionComparison | undefined {
  const one = documentOf(live);
  const other = documentOf(shadow);
  if (one === 'unknown' || other === 'unknown') return undefined;
  const source = sourceOf(one, names);
  // Equal bodies are read once.
  const otherSource = other === one ? source : sourceOf(other, names);
  return comparePredictions(
    source === undefined ? [] : extract(source, otherSource),
    otherSource === undefined ? [] : extract(otherSource, source),
    naming,
  );
}

function sourceOf(
  document: JsonDocument | 'none',
  names: ClassNames,
): PredictionSource | undefined {
  if (document === 'none') return undefined;
  return { document, hashes: new NodeHashes(document), names };
}

function documentOf({ status, body }: Answer): JsonDocument | 'none' | 'unknown' {
  if (status < 200 || status > 299) return 'none';
  const decoded = body.decoded();
  if (decoded === undefined || decoded.kind === 'decode_limit') return 'unknown';
  const reading = body.json('passed over');
  if (reading.kind === 'document') return reading;
  return reading.kind === 'too_large' ? 'unknown' : 'none';
}
