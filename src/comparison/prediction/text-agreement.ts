/**
 * How far two texts that a model wrote agree: whether they are equal but for white space and Unicode composition, by
 * the words that they share, and by the characters that would have to be changed. Long texts are measured by their
 * words alone, so that no answer makes this slow.
 */
import type { InstanceComparison } from '../prediction.ts';
import { editDistance, editSteps } from './edit-distance.ts';

export type TextAgreement = NonNullable<InstanceComparison['text']>;

/** Up to here texts are composed (NFC) and compared by character. */
export const maxEditedCharacters = 2048;
/** Words are counted in the first characters of a text. */
export const maxCountedCharacters = 65_536;

/** What one comparison may still spend on the characters of all its texts. */
export interface EditBudget {
  steps: number;
}

/** As much as two pairs of texts of the largest size take: a few milliseconds. */
export function createEditBudget(): EditBudget {
  return { steps: 262_144 };
}

const same: TextAgreement = Object.freeze({ equal: true, tokenF1: 1, similarity: 1 });

export function compareTexts(live: string, shadow: string, budget: EditBudget): TextAgreement {
  if (live === shadow) return same;
  const one = normalized(live);
  const other = normalized(shadow);
  if (one === other) return same;
  const tokenF1 = wordF1(one, other);
  return { equal: false, tokenF1, similarity: similarityOf(one, other, budget) ?? tokenF1 };
}

function normalized(text: string): string {
  const plain = text.replaceAll(/\s+/g, ' ').trim();
  // Composing a long run of combining marks takes the square of its length.
  return plain.length <= maxEditedCharacters ? plain.normalize('NFC') : plain;
}

/** Undefined when it would take too long. */
function similarityOf(one: string, other: string, budget: EditBudget): number | undefined {
  const longer = Math.max(one.length, other.length);
  const steps = editSteps(one, other);
  if (longer > maxEditedCharacters || steps > budget.steps) return undefined;
  budget.steps -= steps;
  return 1 - editDistance(one, other) / longer;
}

/** A run of letters and digits, or any other character; of scripts that have no spaces, each character. */
const word =
  /[[\p{L}\p{M}\p{N}_]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]]+|[^\s]/gv;

/** Harmonic mean of the shares of words that the other text has as well, each as often; case does not count. */
function wordF1(one: string, other: string): number {
  const counts = new Map<string, number>();
  let total = 0;
  for (const key of wordsOf(one)) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    total++;
  }
  let shared = 0;
  for (const key of wordsOf(other)) {
    const left = counts.get(key) ?? 0;
    total++;
    if (left === 0) continue;
    counts.set(key, left - 1);
    shared++;
  }
  return total === 0 ? 0 : (2 * shared) / total;
}

function* wordsOf(text: string): Iterable<string> {
  // With a quote before it no word looks like an array index, whose hash a sender can foresee (CVE-2026-21717).
  for (const [found] of text.slice(0, maxCountedCharacters).toLowerCase().matchAll(word)) {
    yield `"${found}`;
  }
}
