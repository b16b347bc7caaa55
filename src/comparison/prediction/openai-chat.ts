/**
 * Answers of OpenAI's chat completions, and of its older completions: `choices` are the instances, by their `index`.
 * The text is the message (or its refusal), the label the reason why it ended. Functions that are to be called are the
 * same when their names and arguments are, whatever the order of keys in the arguments; their ids are drawn anew each
 * time.
 */
import { itemsOf, parseJson, typeOf, type JsonDocument } from '../json/document.ts';
import { NodeHashes } from '../json/hash.ts';
import { memberNamed } from '../json/members.ts';
import { finiteNumber, nodeAt, scalarText, shortString } from '../json/scalar.ts';
import type { Extracted, Extraction, PredictionSource } from './extracted.ts';
import { firstMember } from './first-member.ts';

/** A longer text is not compared: twice its size on both sides has to fit beside the documents. */
const maxTextBytes = 1024 * 1024;

export function* readChat(source: PredictionSource): Extraction {
  const choices = firstMember(source, ['choices']);
  if (choices === undefined || typeOf(source.document, choices) !== 'array') return;
  for (const choice of inOrder(source.document, choices)) {
    yield choice === undefined ? undefined : readChoice(source, choice);
  }
}

/** By index; a choice whose index is none, taken, or beyond their number keeps its place among the others. */
function inOrder(document: JsonDocument, choices: number): (number | undefined)[] {
  const items = [...itemsOf(document, choices)];
  const placed: (number | undefined)[] = items.map(() => undefined);
  const others: number[] = [];
  for (const item of items) {
    const index = member(document, item, 'index');
    const place = index === undefined ? undefined : finiteNumber(document, index);
    const isFree = place !== undefined && place in placed && placed[place] === undefined;
    if (isFree) placed[place] = item;
    else others.push(item);
  }
  let next = 0;
  return placed.map((item) => item ?? others[next++]);
}

function readChoice(source: PredictionSource, choice: number): Extracted | undefined {
  const { document } = source;
  const reason = member(document, choice, 'finish_reason');
  const label = reason === undefined ? undefined : scalarText(document, reason);
  const message = member(document, choice, 'message') ?? choice;
  const text = textOf(document, message);
  const calls = callsOf(source, message);
  const read = {
    ...(label !== undefined && { label }),
    ...(text !== undefined && { text }),
    ...(calls !== '' && { calls }),
  };
  return Object.keys(read).length === 0 ? undefined : read;
}

function textOf(document: JsonDocument, message: number): string | undefined {
  for (const key of ['content', 'refusal', 'text']) {
    const node = member(document, message, key);
    if (node === undefined) continue;
    const text =
      typeOf(document, node) === 'array'
        ? partsOf(document, node)
        : shortString(document, node, maxTextBytes);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** A message in parts: the texts among them, one after the other. */
function partsOf(document: JsonDocument, parts: number): string | undefined {
  if (document.nodes[parts + 2]! - document.nodes[parts + 1]! > maxTextBytes) return undefined;
  const texts: string[] = [];
  for (const part of itemsOf(document, parts)) {
    const node = member(document, part, 'text');
    const text = node === undefined ? undefined : shortString(document, node, maxTextBytes);
    if (text !== undefined) texts.push(text);
  }
  return texts.length === 0 ? undefined : texts.join('');
}

/** One text for all functions that are to be called, in order; empty when there are none. */
function callsOf(source: PredictionSource, message: number): string {
  const { document } = source;
  const functions: number[] = [];
  const list = member(document, message, 'tool_calls');
  if (list !== undefined && typeOf(document, list) === 'array') {
    for (const call of itemsOf(document, list)) {
      const node = member(document, call, 'function');
      if (node !== undefined) functions.push(node);
    }
  }
  const single = member(document, message, 'function_call');
  if (single !== undefined && typeOf(document, single) === 'object') functions.push(single);
  return functions.map((node) => callOf(source, node)).join(' ');
}

function callOf({ document, hashes }: PredictionSource, call: number): string {
  const name = nodeAt(document, call, ['name']);
  const told = name === undefined ? undefined : scalarText(document, name);
  const values = nodeAt(document, call, ['arguments']);
  if (values === undefined) return `${JSON.stringify(told)}()`;
  const text = shortString(document, values, maxTextBytes);
  const parsed = text === undefined ? undefined : parseJson(Buffer.from(text), new Int32Array());
  const hash = parsed?.kind === 'document' ? new NodeHashes(parsed).of(0) : hashes.of(values);
  return `${JSON.stringify(told)}(${hash})`;
}

function member(document: JsonDocument, node: number, key: string): number | undefined {
  return typeOf(document, node) === 'object' ? memberNamed(document, node, key) : undefined;
}
