/** The straight line through measured points, by least squares. Pure. */

export interface Point {
  readonly atMs: number;
  readonly value: number;
}

const HOUR_MS = 3_600_000;

/** What `value` grows by in an hour. Undefined for fewer than three points, or where all are of one moment. */
export function slopePerHour(points: readonly Point[]): number | undefined {
  const count = points.length;
  if (count < 3) return undefined;
  const meanMs = points.reduce((sum, { atMs }) => sum + atMs, 0) / count;
  const mean = points.reduce((sum, { value }) => sum + value, 0) / count;
  let covariance = 0;
  let variance = 0;
  for (const { atMs, value } of points) {
    covariance += (atMs - meanMs) * (value - mean);
    variance += (atMs - meanMs) ** 2;
  }
  return variance === 0 ? undefined : (covariance / variance) * HOUR_MS;
}
