/**
 * Compares what the plane received with what was let happen. Pure, so that "each failure exactly once, and nothing else"
 * is decided in one place that a test can drive.
 *
 * One failure may be told in stages (a first exit, then the crash loop), so an expectation is about one reason of one
 * container, and an event belongs to at most one expectation. Events of type `ongoing` repeat a telling on purpose.
 */

/** Something that must arrive, or may. */
export interface Expectation {
  readonly namespace: string;
  /** The pod's name, or its beginning where a controller makes up the rest. */
  readonly podPrefix: string;
  /** '' for what is told of a pod as a whole. */
  readonly container: string;
  /** Words for the same: ErrImagePull and ImagePullBackOff. */
  readonly reasons: readonly string[];
  /** False where it depends on timing whether it is told beside another. Told twice is wrong in any case. */
  readonly isRequired: boolean;
}

/** Pods of which nothing must be told. */
export interface Silence {
  readonly namespace: string;
  readonly podPrefix: string;
  /** Why that is right, for the reader. */
  readonly what: string;
}

/** One event as the plane has it. */
export interface Received {
  readonly eventId: string;
  readonly type: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly reason: string;
  readonly message: string;
  /** `Deployment/checkout`, or ''. */
  readonly workload: string;
  readonly exitCode: number | undefined;
  readonly occurredAtMs: number | undefined;
  readonly receivedAtMs: number;
}

export interface Verdict {
  readonly isGood: boolean;
  /** Expectations that were met by exactly one event. */
  readonly arrived: readonly { readonly expectation: Expectation; readonly event: Received }[];
  readonly missing: readonly Expectation[];
  /** Events beyond the first of an expectation. */
  readonly repeated: readonly Received[];
  /** Events of pods that should have been silent. */
  readonly broken: readonly { readonly silence: Silence; readonly event: Received }[];
  /** Events nobody expected. */
  readonly unexplained: readonly Received[];
}

/** Judges. `received` in the order of arrival. */
export function judge(
  expected: readonly Expectation[],
  silences: readonly Silence[],
  received: readonly Received[],
): Verdict {
  const failures = received.filter(({ type }) => type !== 'ongoing');
  const first = new Map<Expectation, Received>();
  const repeated: Received[] = [];
  const unexplained: Received[] = [];
  const broken: { silence: Silence; event: Received }[] = [];
  for (const event of failures) {
    const expectation = expected.find((one) => explains(one, event));
    const silence = silences.find((one) => isOf(one, event));
    if (expectation !== undefined && !first.has(expectation)) first.set(expectation, event);
    else if (expectation !== undefined) repeated.push(event);
    else if (silence !== undefined) broken.push({ silence, event });
    else unexplained.push(event);
  }
  const missing = expected.filter((one) => one.isRequired && !first.has(one));
  const arrived = [...first].map(([expectation, event]) => ({ expectation, event }));
  const isGood = missing.length + repeated.length + broken.length + unexplained.length === 0;
  return { isGood, arrived, missing, repeated, broken, unexplained };
}

function isOf(place: { readonly namespace: string; readonly podPrefix: string }, event: Received): boolean {
  return event.namespace === place.namespace && event.pod.startsWith(place.podPrefix);
}

function explains(expectation: Expectation, event: Received): boolean {
  return (
    isOf(expectation, event) && expectation.container === event.container && expectation.reasons.includes(event.reason)
  );
}
