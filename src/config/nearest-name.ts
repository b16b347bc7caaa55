/**
 * "Did you mean …?": the name that was probably meant, by the number of edits between two spellings.
 */

/** The candidate nearest to `word`, or undefined when none is near enough to be a slip of the finger. */
export function nearestName(word: string, candidates: Iterable<string>): string | undefined {
  const lower = word.toLowerCase();
  let nearest: string | undefined;
  let fewest = Math.max(1, Math.min(4, Math.floor(word.length / 3))) + 1;
  for (const candidate of candidates) {
    // The lengths alone already tell how many edits there must be at least.
    if (Math.abs(candidate.length - word.length) >= fewest) continue;
    const edits = editsBetween(lower, candidate.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Insertions, deletions and substitutions (Levenshtein), one row of the table at a time. */
function editsBetween(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const substitution = previous[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[right.length]!;
}
