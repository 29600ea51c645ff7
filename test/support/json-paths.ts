/** Which fields JSON has, as paths in the words of `JsonShape`: `a.b`, `list[].c`; and whether a table of them names all. */

/** Of every value that holds no others, and of every empty list and object. */
export function pathsIn(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsIn(item, `${at}[]`));
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([name, inner]) => pathsIn(inner, at === '' ? name : `${at}.${name}`));
}

/** `*` is any name, `...` at the end whatever is below, nothing included. */
export function covers(field: string, path: string): boolean {
  const [wanted, isOpen] = field.endsWith('...') ? [field.slice(0, -3), true] : [field, false];
  const pattern = wanted.split('*').map(escaped).join('[^.[]+');
  return (
    new RegExp(`^${pattern}${isOpen ? '(?:$|[.[].*)' : '$'}`, 's').test(wanted === '' ? `.${path}`.slice(1) : path) ||
    field === '...'
  );
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
