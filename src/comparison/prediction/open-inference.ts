/**
 * Answers of the Open Inference Protocol, version 2, as JSON (KServe, Triton, MLServer): `outputs` are named tensors
 * with `datatype`, `shape` and `data`, which is nested or flat in row-major order. The first dimension of a shape is
 * the batch. Both answers are read by the same outputs: those that both have, in the order of their names.
 */
import {
  itemsOf,
  jsonArray,
  jsonObject,
  nodeWidth,
  typeOf,
  type JsonDocument,
} from '../json/document.ts';
import { memberNamed } from '../json/members.ts';
import { finiteNumber, scalarText } from '../json/scalar.ts';
import { isSecretName } from '../redaction.ts';
import type { Extracted, Extraction, PredictionSource } from './extracted.ts';
import { classOf } from './instance.ts';
import { firstMember } from './first-member.ts';
import { isDistribution, readVector } from './probabilities.ts';
import { rankedItems } from './ranking.ts';

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  /** The scalars of `data`, row by row. */
  readonly items: readonly number[];
  readonly rows: number;
}

/** `other` is the answer of the other side, if it has one. */
export function* readOpenInference(
  source: PredictionSource,
  other: PredictionSource | undefined,
): Extraction {
  const tensors = tensorsOf(source);
  const named = other === undefined ? [] : [...outputsOf(other)].map(({ name }) => name);
  const common = new Set(named);
  const shared = tensors.filter(({ name }) => common.has(name));
  const chosen = shared.length > 0 ? shared : tensors;
  const rows = Math.max(0, ...chosen.map((tensor) => tensor.rows));
  for (let row = 0; row < rows; row++) yield readRow(source, chosen, row);
}

/** More outputs are not looked at. */
const maxOutputs = 64;

function tensorsOf(source: PredictionSource): Tensor[] {
  const tensors: Tensor[] = [];
  for (const { name, node } of outputsOf(source)) {
    const tensor = tensorOf(source, name, node);
    if (tensor !== undefined) tensors.push(tensor);
  }
  return tensors.sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0));
}

function* outputsOf(source: PredictionSource): Iterable<{ name: string; node: number }> {
  const { document } = source;
  const outputs = firstMember(source, ['outputs']);
  if (outputs === undefined || typeOf(document, outputs) !== 'array') return;
  let left = maxOutputs;
  for (const node of itemsOf(document, outputs)) {
    if (left-- === 0) return;
    const name = textOf(document, node, 'name');
    if (name !== undefined && !isSecretName(name)) yield { name, node };
  }
}

function textOf(document: JsonDocument, node: number, key: string): string | undefined {
  if (typeOf(document, node) !== 'object') return undefined;
  const value = memberNamed(document, node, key);
  return value === undefined || typeOf(document, value) !== 'string'
    ? undefined
    : scalarText(document, value);
}

function tensorOf(source: PredictionSource, name: string, node: number): Tensor | undefined {
  const { document } = source;
  const datatype = textOf(document, node, 'datatype');
  const shapeNode = memberNamed(document, node, 'shape');
  const dataNode = memberNamed(document, node, 'data');
  if (datatype === undefined || shapeNode === undefined || dataNode === undefined) return undefined;
  const shape = shapeOf(document, shapeNode);
  if (shape === undefined) return undefined;
  const items = scalarsOf(document, dataNode);
  const size = shape.reduce((product, length) => product * length, 1);
  if (items.length !== size || items.length === 0) return undefined;
  return {
    name,
    datatype,
    items,
    rows: isOneRow(source, shape, datatype, items) ? 1 : (shape[0] ?? 1),
  };
}

function shapeOf(document: JsonDocument, node: number): number[] | undefined {
  if (typeOf(document, node) !== 'array') return undefined;
  const shape: number[] = [];
  for (const item of itemsOf(document, node)) {
    const length = finiteNumber(document, item);
    if (length === undefined || !Number.isSafeInteger(length) || length < 0) return undefined;
    shape.push(length);
  }
  return shape;
}

/** In row-major order, which is the order of the text, nested or not. None where something else is among them. */
function scalarsOf({ nodes }: JsonDocument, data: number): number[] {
  const items: number[] = [];
  const end = nodes[data + 3]!;
  for (let node = data; node < end; node += nodeWidth) {
    if (nodes[node] === jsonObject) return [];
    if (nodes[node] !== jsonArray) items.push(node);
  }
  return items;
}

/** A model without a batch dimension answers with the probabilities of its classes as they are. */
function isOneRow(
  { document, names }: PredictionSource,
  shape: readonly number[],
  datatype: string,
  items: readonly number[],
): boolean {
  if (shape.length !== 1 || !isFloat(datatype) || names.ordered.length !== items.length)
    return false;
  return isDistribution(items.map((item) => finiteNumber(document, item) ?? NaN));
}

function isFloat(datatype: string): boolean {
  return datatype.startsWith('FP') || datatype === 'BF16';
}

/** The first output that says a thing says it; a label that is an output outweighs the most probable class. */
function readRow(
  source: PredictionSource,
  tensors: readonly Tensor[],
  row: number,
): Extracted | undefined {
  let own: Extracted = {};
  let probable: Extracted = {};
  for (const tensor of tensors) {
    const read = row < tensor.rows ? readTensorRow(source, tensor, row) : undefined;
    if (read === undefined) continue;
    if (read.probabilities === undefined) own = { ...read, ...own };
    else if (probable.probabilities === undefined) probable = read;
  }
  const both = { ...probable, ...own };
  return Object.keys(both).length === 0 ? undefined : both;
}

function readTensorRow(
  source: PredictionSource,
  { datatype, items, rows }: Tensor,
  row: number,
): Extracted | undefined {
  const { document, names } = source;
  const width = items.length / rows;
  const mine = items.slice(row * width, (row + 1) * width);
  if (isFloat(datatype)) {
    const values = mine.map((item) => finiteNumber(document, item) ?? NaN);
    if (values.some((value) => Number.isNaN(value))) return undefined;
    return width === 1 ? { score: values[0]! } : readVector(values, names);
  }
  // Integers, booleans and texts are classes.
  if (width === 1) return classified(source, mine[0]!);
  const texts = mine.slice(0, rankedItems).map((item) => classified(source, item));
  if (texts.some((text) => text === undefined)) return undefined;
  const best = texts[0]!;
  const ranking = texts.map((text) => `"${text!.label}`);
  // Triton writes the classes of an instance in descending order.
  return best.score === undefined ? { ranking } : { ...best, ranking };
}

/** `<value>:<index>[:<label>]`, the texts of Triton's classification extension. */
const classification = /^(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?):(\d+)(?::(.*))?$/is;

function classified(
  source: PredictionSource,
  item: number,
): { readonly label: string; readonly score?: number } | undefined {
  const text = classOf(source, item);
  if (text === undefined) return undefined;
  const [, value, index, label] = (text.length <= 1024 && classification.exec(text)) || [];
  const score = Number(value);
  if (index === undefined || !Number.isFinite(score)) return { label: text };
  return { label: label ?? source.names.ordered[Number(index)] ?? index, score };
}
