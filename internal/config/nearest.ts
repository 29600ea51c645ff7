/**
 * The known name a misspelt one most likely means. Case, `-` and `_` make no difference, so that `restate-url` in a file
 * finds `restate_url`.
 */

const LONGEST_WORD = 64;

/** The nearest of `known`, the first of equals; undefined where none is near enough to be worth naming. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const wanted = plain(word);
  if (wanted.length === 0 || wanted.length > LONGEST_WORD) return undefined;
  let best: string | undefined;
  let bestEdits = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const name of known) {
    const edits = plain(name).startsWith(wanted) ? 1 : editDistance(wanted, plain(name));
    if (edits < bestEdits) [best, bestEdits] = [name, edits];
  }
  return best;
}

/** `did you mean X?`, or where no name is near, what `otherwise` says. */
export function suggestion(word: string, known: Iterable<string>, otherwise: string): string {
  const name = nearest(word, known);
  return name === undefined ? otherwise : `did you mean ${name}?`;
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_.]/g, '');
}

/** Levenshtein's distance: the insertions, deletions and exchanges that turn `from` into `to`. */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const exchange = at(row, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(exchange, at(row, j) + 1, at(next, j - 1) + 1));
    }
    row = next;
  }
  return at(row, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
