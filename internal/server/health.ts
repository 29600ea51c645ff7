/**
 * Health, as the probes see it. A report is a list of named checks; it is good when none of the required ones fails.
 * Liveness asks only whether this process still works; readiness whether it sees the cluster. Neither depends on the
 * plane: an agent whose plane is down is doing its work, and restarting it would help nobody.
 */

export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  /** False: shown, but does not decide the answer. */
  readonly required: boolean;
  readonly detail: unknown;
}

export interface HealthSource {
  live(): readonly HealthCheck[];
  ready(): readonly HealthCheck[];
}

export interface HealthReport {
  readonly status: 'ok' | 'unavailable';
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: unknown }>>;
}

export function report(checks: readonly HealthCheck[]): HealthReport {
  const isGood = checks.every((check) => check.ok || !check.required);
  const entries = checks.map(({ name, ok, detail }) => [name, { ok, detail }] as const);
  return { status: isGood ? 'ok' : 'unavailable', checks: Object.fromEntries(entries) };
}
