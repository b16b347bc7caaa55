/**
 * Where protocols put what matters: at the top of the answer, under one of a few names.
 */
import { typeOf } from '../json/document.ts';
import { memberNamed } from '../json/members.ts';
import type { PredictionSource } from './extracted.ts';

/** The member of the whole answer with the first of these names that it has. */
export function firstMember(
  { document }: PredictionSource,
  names: readonly string[],
): number | undefined {
  if (typeOf(document, 0) !== 'object') return undefined;
  for (const name of names) {
    const node = memberNamed(document, 0, name);
    if (node !== undefined) return node;
  }
  return undefined;
}
