/** What one set of settings changed into another, for the log: the keys, each with what it was and what it is. Pure. */

export type SettingsChanges = Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;

/** Keys that differ; `null` stands for a value that was not there, as it would be left out of a line of JSON. */
export function changesBetween(before: object, after: object): SettingsChanges {
  const was = new Map<string, unknown>(Object.entries(before));
  const is = new Map<string, unknown>(Object.entries(after));
  const changes: Record<string, { from: unknown; to: unknown }> = {};
  for (const key of new Set([...was.keys(), ...is.keys()])) {
    const [from, to] = [was.get(key) ?? null, is.get(key) ?? null];
    if (JSON.stringify(from) !== JSON.stringify(to)) changes[key] = { from, to };
  }
  return changes;
}
