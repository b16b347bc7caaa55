/**
 * Answers of KServe's version 1 protocol and of TensorFlow Serving's REST interface: `predictions` by instance, or
 * `outputs` by output (TensorFlow Serving's columnar format); `results` of classify and regress, which some pages of
 * TensorFlow Serving call `result`. Instances are in the order of the request.
 */
import type { Extraction, PredictionSource } from './extracted.ts';
import { firstMember } from './first-member.ts';
import { readRows } from './rows.ts';

const keys = ['predictions', 'outputs', 'results', 'result'];

export function readKserve(source: PredictionSource): Extraction {
  const node = firstMember(source, keys);
  return node === undefined ? [] : readRows(source, node);
}
