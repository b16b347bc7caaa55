/** Answers to be read for their predictions. */
import { NodeHashes } from '../../../../src/comparison/json/hash.ts';
import type { PredictionSource } from '../../../../src/comparison/prediction/extracted.ts';
import { documentOf } from '../json/documents.ts';

/** `answer` is JSON text, or a value that is written as such. */
export function sourceOf(answer: unknown, labels: readonly string[] = []): PredictionSource {
  const document = documentOf(typeof answer === 'string' ? answer : JSON.stringify(answer));
  return {
    document,
    hashes: new NodeHashes(document),
    names: { ordered: labels, known: new Set(labels) },
  };
}
