/**
 * When something became visible at the API server: the moment from which the time to the plane is counted. Pure.
 */
import type { Expectation } from './verdict.ts';

/** The parts of a pod's status that show a failure. */
export interface ShownStatus {
  readonly reason?: string;
  readonly containerStatuses?: readonly ShownContainer[];
  readonly initContainerStatuses?: readonly ShownContainer[];
}

interface ShownContainer {
  readonly name: string;
  readonly state?: { readonly [kind: string]: { readonly reason?: string } | undefined };
}

/** True where this status shows what the expectation is about. */
export function shows(status: ShownStatus, { container, reasons }: Expectation): boolean {
  if (container === '') return reasons.includes(status.reason ?? '');
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const { state = {} } = containers.find(({ name }) => name === container) ?? {};
  return Object.values(state).some((one) => reasons.includes(one?.reason ?? ''));
}

/** First sightings, by expectation. */
export class Sightings {
  readonly #firstMs = new Map<Expectation, number>();

  /** Notes what a status shows that was not seen before. `atMs` is wall-clock time. True where there was something. */
  note(
    expectations: readonly Expectation[],
    pod: { namespace: string; name: string },
    status: ShownStatus,
    atMs: number,
  ): boolean {
    const fresh = expectations.filter(
      (one) =>
        one.namespace === pod.namespace &&
        pod.name.startsWith(one.podPrefix) &&
        !this.#firstMs.has(one) &&
        shows(status, one),
    );
    for (const one of fresh) this.#firstMs.set(one, atMs);
    return fresh.length > 0;
  }

  /** Ms since the epoch; undefined where it was never seen. */
  firstMs(expectation: Expectation): number | undefined {
    return this.#firstMs.get(expectation);
  }
}
