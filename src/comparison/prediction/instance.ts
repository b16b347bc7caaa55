/**
 * What a value that a model server gives for one instance predicts, when nothing but the value is known: a label, a
 * number, the probabilities of the classes, a list of classes with their scores, or a record of those.
 */
import { itemsOf, nodeWidth, stringOf, typeOf, type JsonDocument } from '../json/document.ts';
import { membersOf } from '../json/members.ts';
import { finiteNumber, scalarText } from '../json/scalar.ts';
import { isSecretName } from '../redaction.ts';
import type { Extracted, PredictionSource } from './extracted.ts';
import { isDistribution, readVector } from './probabilities.ts';
import { readRanking } from './ranking.ts';

/** Undefined for a value that is none of these. */
export function readInstance(source: PredictionSource, node: number): Extracted | undefined {
  const { document } = source;
  const value = innermost(document, node);
  return typeOf(document, value) === 'object'
    ? readRecord(source, entriesOf(document, value))
    : readPlain(source, value);
}

/** A list of one thing is that thing, unless it is the one class of a list of classes. */
function innermost(document: JsonDocument, node: number): number {
  let value = node;
  while (typeOf(document, value) === 'array') {
    const [only, second] = itemsOf(document, value);
    if (only === undefined || second !== undefined || isScored(document, only)) break;
    value = only;
  }
  return value;
}

/** A value that is no object. */
function readPlain(source: PredictionSource, node: number): Extracted | undefined {
  const { document } = source;
  switch (typeOf(document, node)) {
    case 'number':
      return readNumber(source, node);
    case 'array':
      return readList(source, node);
    case 'object':
    case 'null':
      return undefined;
    case 'string':
    case 'boolean': {
      const label = scalarText(document, node);
      return label === undefined ? undefined : { label };
    }
  }
}

/** A number is a class when the labels say so, else a score. */
export function readNumber(source: PredictionSource, node: number): Extracted | undefined {
  const label = configuredClass(source, node);
  if (label !== undefined) return { label };
  const score = finiteNumber(source.document, node);
  return score === undefined ? undefined : { score };
}

/** The label of a value that is known to be a class: a configured name by its text or index, else its own text. */
export function classOf(source: PredictionSource, node: number): string | undefined {
  return configuredClass(source, node) ?? scalarText(source.document, node);
}

function configuredClass({ document, names }: PredictionSource, node: number): string | undefined {
  if (names.ordered.length === 0 || typeOf(document, node) !== 'number') return undefined;
  const text = scalarText(document, node)!;
  if (names.known.has(text)) return text;
  const index = finiteNumber(document, node);
  return index === undefined ? undefined : names.ordered[index];
}

function readList(source: PredictionSource, node: number): Extracted | undefined {
  const { document, names } = source;
  if (isScored(document, node)) return readScored(document, node);
  const values = numbersOf(document, node);
  if (values !== undefined) return readVector(values, names);
  const best = bestOf(document, node);
  if (best !== undefined) return best;
  for (const item of itemsOf(document, node)) {
    if (typeOf(document, item) !== 'string') return undefined;
  }
  const ranking = readRanking(source, node);
  return ranking === undefined ? undefined : { ranking };
}

/** The numbers of a list that holds nothing else; undefined for others and for the empty one. */
export function numbersOf(document: JsonDocument, node: number): number[] | undefined {
  if (typeOf(document, node) !== 'array') return undefined;
  const values: number[] = [];
  for (const item of itemsOf(document, node)) {
    const value = finiteNumber(document, item);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values.length === 0 ? undefined : values;
}

/** `["cat", 0.9]` (TensorFlow Serving's classify) or `{"label": "cat", "score": 0.9}` (Hugging Face pipelines). */
function isScored(document: JsonDocument, node: number): boolean {
  return readScored(document, node) !== undefined;
}

function readScored(document: JsonDocument, node: number): Scored | undefined {
  let label: number | undefined;
  let score: number | undefined;
  if (typeOf(document, node) === 'array') {
    const [first, second, third] = itemsOf(document, node);
    if (third !== undefined) return undefined;
    [label, score] = [first, second];
  } else if (typeOf(document, node) === 'object') {
    for (const [key, value] of entriesOf(document, node)) {
      if (key === 'label') label = value;
      if (key === 'score') score = value;
    }
  }
  if (label === undefined || score === undefined) return undefined;
  if (typeOf(document, label) !== 'string') return undefined;
  const text = scalarText(document, label);
  const value = finiteNumber(document, score);
  return text === undefined || value === undefined ? undefined : { label: text, score: value };
}

interface Scored {
  readonly label: string;
  readonly score: number;
}

/** The class with the largest score, of a list that holds nothing else; the first one of those that are equal. */
function bestOf(document: JsonDocument, node: number): Scored | undefined {
  let best: Scored | undefined;
  for (const item of itemsOf(document, node)) {
    const scored = readScored(document, item);
    if (scored === undefined) return undefined;
    if (best === undefined || scored.score > best.score) best = scored;
  }
  return best;
}

type Entry = readonly [key: string, value: number];

export function* entriesOf(document: JsonDocument, object: number): Iterable<Entry> {
  for (const key of membersOf(document, object + nodeWidth, document.nodes[object + 3]!)) {
    yield [stringOf(document, key), key + nodeWidth];
  }
}

/** Keys under which servers put what they predict; the first key of a kind counts. */
const kinds: ReadonlyMap<string, 'label' | 'value' | 'score' | 'classes'> = new Map([
  ['label', 'label'],
  ['class', 'label'],
  ['class_name', 'label'],
  ['class_label', 'label'],
  ['predicted_label', 'label'],
  ['predicted_class', 'label'],
  ['prediction', 'value'],
  ['predict', 'value'],
  ['score', 'score'],
  ['scores', 'score'],
  ['confidence', 'score'],
  ['probability', 'score'],
  ['probabilities', 'score'],
  ['predict_proba', 'score'],
  ['classes', 'classes'],
]);

/** A record of named outputs, one of each name, or the probabilities by the names of their classes. */
export function readRecord(
  source: PredictionSource,
  entries: Iterable<Entry>,
): Extracted | undefined {
  const { document } = source;
  const found: Partial<Record<'label' | 'value' | 'score' | 'classes', number>> = {};
  const all: Entry[] = [];
  for (const entry of entries) {
    all.push(entry);
    const kind = kinds.get(entry[0]);
    if (kind !== undefined) found[kind] ??= innermost(document, entry[1]);
  }
  const value = found.value === undefined ? undefined : readPlain(source, found.value);
  const score =
    found.score === undefined ? undefined : readScore(source, found.score, found.classes);
  const label = found.label === undefined ? undefined : classOf(source, found.label);
  // What the server calls the label is one, whatever its probabilities say.
  const read = { ...value, ...score, ...labelled(label ?? value?.label) };
  if (Object.keys(read).length > 0) return read;
  if (all.length !== 1) return byClass(source, all);
  const [name, only] = all[0]!;
  return isSecretName(name) ? undefined : readPlain(source, innermost(document, only));
}

function labelled(label: string | undefined): Extracted {
  return label === undefined ? {} : { label };
}

function readScore(
  { document, names }: PredictionSource,
  node: number,
  classes: number | undefined,
): Extracted | undefined {
  const score = finiteNumber(document, node);
  if (score !== undefined) return { score };
  const values = numbersOf(document, node);
  return (
    values &&
    readVector(values, names, classes === undefined ? undefined : textsOf(document, classes))
  );
}

/** What the items of a list say, each of which is a string, number or boolean. */
export function textsOf(document: JsonDocument, node: number): string[] | undefined {
  if (typeOf(document, node) !== 'array') return undefined;
  const texts: string[] = [];
  for (const item of itemsOf(document, node)) {
    const text = scalarText(document, item);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return texts;
}

function byClass(
  { document, names }: PredictionSource,
  all: readonly Entry[],
): Extracted | undefined {
  const values: number[] = [];
  for (const [, node] of all) {
    const value = finiteNumber(document, node);
    if (value === undefined) return undefined;
    values.push(value);
  }
  if (!isDistribution(values)) return undefined;
  return readVector(
    values,
    names,
    all.map(([name]) => name),
  );
}
