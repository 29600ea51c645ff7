/**
 * How often a property is tried: `times`, or the share of it that PROPERTY_SHARE says, at least once. `make verify` takes a
 * fifth; all else the whole.
 */
export function runs(times: number): number {
  const share = Number(process.env['PROPERTY_SHARE'] ?? 1);
  return Math.max(1, Math.ceil(times * share));
}
