/**
 * Label values come from the cluster and so from strangers. Each label keeps a bounded number of distinct values, and
 * each metric a bounded number of series; what comes later is counted under `other`, so that no cluster can make the
 * scrape grow without end. What is lost first is the detail of most values: an event of the 500th series still says its
 * type and its reason, and no longer its namespace.
 */

export type BoundLabel = (value: string) => string;

/** Of a metric's labels, those to count under. */
export type BoundLabels = (given: Readonly<Record<string, string>>) => Record<string, string>;

export const OTHER = 'other';

/** Distinct values of one label. Namespaces and reasons may be many; what else is a label comes from the code. */
const LABEL_VALUES: Readonly<Partial<Record<string, number>>> = { namespace: 200, reason: 60 };
const DEFAULT_LABEL_VALUES = 30;

/** A function that passes the first `limit` distinct values through, shortened to 128 characters, and turns others into `other`. */
export function boundLabel(limit: number): BoundLabel {
  const known = new Set<string>();
  return (value) => {
    const short = value.length > 128 ? value.slice(0, 128).toWellFormed() : value;
    if (known.has(short)) return short;
    if (known.size >= limit) return OTHER;
    known.add(short);
    return short;
  };
}

/**
 * The same for all labels of one metric, and for their combinations: the first `series` of them pass; then the label
 * with the most values becomes `other`, with half as many combinations of the rest; then all do.
 */
export function boundLabels(labels: readonly string[], series: number): BoundLabels {
  const limits = labels.map((label) => LABEL_VALUES[label] ?? DEFAULT_LABEL_VALUES);
  const bounds = limits.map(boundLabel);
  const widest = limits.indexOf(Math.max(...limits));
  const [whole, coarse] = [boundSet(series), boundSet(series >> 1)];
  const named = (values: readonly string[]): Record<string, string> =>
    Object.fromEntries(labels.map((label, index) => [label, values[index] ?? OTHER]));
  return (given) => {
    const values = bounds.map((bound, index) => bound(given[labels[index] ?? ''] ?? ''));
    if (whole(values)) return named(values);
    const rest = values.with(widest, OTHER);
    return named(coarse(rest) ? rest : []);
  };
}

function boundSet(limit: number): (values: readonly string[]) => boolean {
  const known = new Set<string>();
  return (values) => {
    const key = values.join('\0');
    if (known.has(key)) return true;
    if (known.size >= limit) return false;
    known.add(key);
    return true;
  };
}
