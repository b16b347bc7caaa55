/**
 * Predictions at places that the configuration names. Without `*` the answer is one instance; a `*` stands for the
 * items of an array, each of which is one, in the same order for every place that is named.
 */
import { itemsOf, typeOf } from '../json/document.ts';
import { finiteNumber, nodeAt } from '../json/scalar.ts';
import { unescapeSegment } from '../pointer.ts';
import { isSecretName } from '../redaction.ts';
import type { Extracted, Extraction, PredictionSource } from './extracted.ts';
import { classOf, numbersOf } from './instance.ts';
import { readVector } from './probabilities.ts';
import { readRanking } from './ranking.ts';

/** A pointer, cut at its `*`. */
interface Place {
  readonly before: readonly string[];
  /** Absent without a `*`. */
  readonly behind?: readonly string[];
}

export interface Places {
  readonly label: Place | undefined;
  readonly score: Place | undefined;
  readonly ranking: Place | undefined;
}

/** Undefined also for a place below a name that stands for a secret or for personal data: nothing leaves from there. */
export function compilePlace(pointer: string | undefined): Place | undefined {
  if (pointer === undefined) return undefined;
  const segments = pointer.split('/').slice(1).map(unescapeSegment);
  if (segments.some(isSecretName)) return undefined;
  const star = segments.indexOf('*');
  if (star < 0) return { before: segments };
  return { before: segments.slice(0, star), behind: segments.slice(star + 1) };
}

export function* readPlaces(source: PredictionSource, places: Places): Extraction {
  const rows = {
    label: rowsOf(source, places.label),
    score: rowsOf(source, places.score),
    ranking: rowsOf(source, places.ranking),
  };
  for (;;) {
    const label = rows.label.next();
    const score = rows.score.next();
    const ranking = rows.ranking.next();
    if (label.done === true && score.done === true && ranking.done === true) return;
    yield readHere(source, label.value, score.value, ranking.value);
  }
}

function* rowsOf(
  { document }: PredictionSource,
  place: Place | undefined,
): Generator<number | undefined, undefined> {
  if (place === undefined) return undefined;
  const node = nodeAt(document, 0, place.before);
  if (place.behind === undefined) {
    yield node;
  } else if (node !== undefined && typeOf(document, node) === 'array') {
    for (const item of itemsOf(document, node)) yield nodeAt(document, item, place.behind);
  }
  return undefined;
}

function readHere(
  source: PredictionSource,
  labelNode: number | undefined,
  scoreNode: number | undefined,
  rankingNode: number | undefined,
): Extracted | undefined {
  const label = labelNode === undefined ? undefined : classOf(source, labelNode);
  const ranking = rankingNode === undefined ? undefined : readRanking(source, rankingNode);
  const read: Extracted = {
    ...(scoreNode !== undefined && readScore(source, scoreNode)),
    ...(label !== undefined && { label }),
    ...(ranking !== undefined && { ranking }),
  };
  return Object.keys(read).length === 0 ? undefined : read;
}

/** A number, or the probabilities of all classes. */
function readScore({ document, names }: PredictionSource, node: number): Extracted | undefined {
  const score = finiteNumber(document, node);
  if (score !== undefined) return { score };
  const values = numbersOf(document, node);
  return values && readVector(values, names);
}
