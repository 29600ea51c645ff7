/**
 * Label values come from the cluster and so from strangers. Each label keeps a bounded number of distinct values; what
 * comes later is counted under `other`, so that no cluster can make the scrape grow without end.
 */

export type BoundLabel = (value: string) => string;

/** A function that passes the first `limit` distinct values through, shortened to 128 characters, and turns others into `other`. */
export function boundLabel(limit: number): BoundLabel {
  const known = new Set<string>();
  return (value) => {
    const short = value.length > 128 ? value.slice(0, 128).toWellFormed() : value;
    if (known.has(short)) return short;
    if (known.size >= limit) return 'other';
    known.add(short);
    return short;
  };
}
