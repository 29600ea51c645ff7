/**
 * Patterns of operators: `*` stands for any text, everything else for itself. No back-tracking, so what a hostile
 * message costs is its length times that of the pattern at worst, and both are bounded.
 */

/** Whether the whole of `text` is as the pattern says. */
export function matchesGlob(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return text === pattern;
  // Most patterns mean something else, which mostly shows in their first letter.
  if (star > 0 && pattern.charCodeAt(0) !== text.charCodeAt(0)) return false;
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const endAt = text.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > endAt) return false;
    at = found + part.length;
  }
  return true;
}

/** Whether the pattern is found anywhere in `text`. */
export function containsGlob(pattern: string, text: string): boolean {
  return matchesGlob(`*${pattern}*`, text);
}
