/**
 * Answers of services that wrap a scikit-learn model. There is no protocol; this is how they are usually written: a bare
 * list of what `predict` says, or an object with that list (or one value) as `predictions`, `prediction`, `predict`,
 * `labels` or `label`, and with what `predict_proba` says as `probabilities`, `probability`, `predict_proba` or
 * `proba`, one list of probabilities for each instance; `classes` may name their columns, as `classes_` does.
 */
import { itemsOf, typeOf } from '../json/document.ts';
import type { Extracted, Extraction, PredictionSource } from './extracted.ts';
import { classOf, numbersOf, readInstance, textsOf } from './instance.ts';
import { firstMember } from './first-member.ts';
import { readVector } from './probabilities.ts';
import { readRows } from './rows.ts';

const predictKeys = ['predictions', 'prediction', 'predict', 'labels', 'label'];
const probabilityKeys = ['probabilities', 'probability', 'predict_proba', 'proba'];

export function* readSklearn(source: PredictionSource): Extraction {
  const { document } = source;
  if (typeOf(document, 0) !== 'object') {
    yield* readRows(source, 0);
    return;
  }
  const predict = firstMember(source, predictKeys);
  const probability = firstMember(source, probabilityKeys);
  if (probability === undefined) {
    if (predict !== undefined) yield* readRows(source, predict);
    return;
  }
  const named = firstMember(source, ['classes']);
  const classes = named === undefined ? undefined : textsOf(document, named);
  const values = rowsOf(source, predict)[Symbol.iterator]();
  const vectors = vectorsOf(source, probability)[Symbol.iterator]();
  for (;;) {
    const value = values.next();
    const vector = vectors.next();
    if (value.done === true && vector.done === true) return;
    yield readBoth(
      source,
      value.done === true ? undefined : value.value,
      vector.done === true ? undefined : vector.value,
      classes,
    );
  }
}

function rowsOf({ document }: PredictionSource, node: number | undefined): Iterable<number> {
  if (node === undefined) return [];
  return typeOf(document, node) === 'array' ? itemsOf(document, node) : [node];
}

/** A single list of numbers is about a single instance. */
function vectorsOf({ document }: PredictionSource, node: number): Iterable<number> {
  if (typeOf(document, node) !== 'array') return [node];
  return numbersOf(document, node) === undefined ? itemsOf(document, node) : [node];
}

/** Beside probabilities, what `predict` says is a class. */
function readBoth(
  source: PredictionSource,
  value: number | undefined,
  vector: number | undefined,
  classes: readonly string[] | undefined,
): Extracted | undefined {
  const label = value === undefined ? undefined : classOf(source, value);
  const numbers = vector === undefined ? undefined : numbersOf(source.document, vector);
  const probable = numbers?.length === 1 || numbers === undefined;
  const read = probable
    ? vector !== undefined && readInstance(source, vector)
    : readVector(numbers, source.names, classes);
  const both = { ...(read === false ? undefined : read), ...(label !== undefined && { label }) };
  return Object.keys(both).length === 0 ? undefined : both;
}
