/**
 * The Lease object (coordination.k8s.io/v1) as leader election needs it: reading what may have been written by anybody,
 * and making the object that is to be written without losing a field we don't know.
 */
import { CodedError } from '../platform/errors.ts';

export interface Lease {
  /** '' when nobody holds it. */
  readonly holder: string;
  /** How long a holder who falls silent is still believed; undefined where the Lease doesn't say. */
  readonly durationMs: number | undefined;
  /** The holder's own wall clock at its last renewal; undefined if it doesn't say. Never compared with ours. */
  readonly renewAtMs: number | undefined;
  /** Until when all was told, where that is earlier: a holder that leads and lags behind says so. 0: nothing was yet. */
  readonly toldUntilMs: number | undefined;
  /** How often the holder changed; rises with every term, so it orders terms. */
  readonly transitions: number;
  /** Equal as long as nobody has renewed: what the holder writes, and nothing of the metadata. */
  readonly mark: string;
  /** The object as the server sent it, resourceVersion included. */
  readonly object: LeaseObject;
}

export interface LeaseObject {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** What a candidate writes. */
export interface LeaseClaim {
  readonly identity: string;
  readonly durationMs: number;
  readonly nowMs: number;
  readonly transitions: number;
  /** Undefined keeps the time of the Lease: a renewal. */
  readonly acquiredAtMs: number | undefined;
  /** All that was seen so far is told: the renewal may be taken as a sign of it. */
  readonly isAllTold: boolean;
}

/**
 * Annotation of a Lease whose holder has not told everything yet: `<leaseTransitions> <time>`, the renewTime up to which
 * it, or one before, had. Of another term it counts for nothing: an older release carries it on and never clears it.
 */
const TOLD_UNTIL = 'watcher/told-until';

/** Reads an answer's body. Missing or odd fields are as if unset; only what is no object is API_ANSWER_INVALID. */
export function parseLease(body: Buffer): Lease {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    parsed = undefined;
  }
  if (!isRecord(parsed) || !isRecord(parsed['metadata'])) {
    throw new CodedError('API_ANSWER_INVALID', 'the answer holds no Lease');
  }
  const spec = isRecord(parsed['spec']) ? parsed['spec'] : {};
  return leaseOf({ ...parsed, metadata: parsed['metadata'], spec });
}

function leaseOf(object: LeaseObject): Lease {
  const { holderIdentity, leaseDurationSeconds, renewTime, leaseTransitions, acquireTime } = object.spec;
  const seconds =
    typeof leaseDurationSeconds === 'number' && leaseDurationSeconds > 0 ? leaseDurationSeconds : undefined;
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    durationMs: seconds === undefined ? undefined : seconds * 1000,
    renewAtMs: momentOf(renewTime),
    toldUntilMs: toldUntilOf(annotationsOf(object)[TOLD_UNTIL], leaseTransitions),
    transitions: Number.isSafeInteger(leaseTransitions) ? Math.max(0, leaseTransitions as number) : 0,
    mark: JSON.stringify([holderIdentity, leaseDurationSeconds, renewTime, acquireTime, leaseTransitions]),
    object,
  };
}

function momentOf(time: unknown): number | undefined {
  const ms = typeof time === 'string' ? Date.parse(time) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function toldUntilOf(annotation: unknown, transitions: unknown): number | undefined {
  const [term, time] = typeof annotation === 'string' ? annotation.split(' ') : [];
  return term === String(transitions) ? momentOf(time) : undefined;
}

function annotationsOf({ metadata: { annotations } }: LeaseObject): Readonly<Record<string, unknown>> {
  return isRecord(annotations) ? annotations : {};
}

/** A Lease that doesn't exist yet. */
export function newLeaseBody(name: string, namespace: string, claim: LeaseClaim): LeaseObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace, ...(claim.isAllTold ? {} : { annotations: toldUntil(claim, 0) }) },
    spec: specOf({}, claim),
  };
}

/** The Lease with our claim in it. Its resourceVersion makes the server refuse (409) if anybody wrote meanwhile. */
export function claimedLeaseBody(lease: Lease, claim: LeaseClaim): LeaseObject {
  return { ...lease.object, metadata: metadataOf(lease, claim), spec: specOf(lease.object.spec, claim) };
}

/** The Lease given up as client-go does: no holder, and one second, so that nobody who looks waits for us. */
export function releasedLeaseBody(lease: Lease, nowMs: number, isAllTold: boolean): LeaseObject {
  const spec = { ...lease.object.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(nowMs) };
  return { ...lease.object, metadata: metadataOf(lease, { isAllTold, transitions: lease.transitions }), spec };
}

/** Who begins to lag behind had told all at the renewal before; where there was none, nothing was told. */
function metadataOf(lease: Lease, claim: Pick<LeaseClaim, 'isAllTold' | 'transitions'>): LeaseObject['metadata'] {
  const { metadata } = lease.object;
  const { [TOLD_UNTIL]: before, ...annotations } = annotationsOf(lease.object);
  const untilMs = claim.isAllTold ? undefined : (lease.toldUntilMs ?? lease.renewAtMs ?? 0);
  if (untilMs === undefined) return before === undefined ? metadata : { ...metadata, annotations };
  return { ...metadata, annotations: { ...annotations, ...toldUntil(claim, untilMs) } };
}

function toldUntil({ transitions }: Pick<LeaseClaim, 'transitions'>, untilMs: number): Record<string, string> {
  return { [TOLD_UNTIL]: `${transitions} ${microTime(untilMs)}` };
}

function specOf(before: Readonly<Record<string, unknown>>, claim: LeaseClaim): Record<string, unknown> {
  return {
    ...before,
    holderIdentity: claim.identity,
    leaseDurationSeconds: Math.max(1, Math.round(claim.durationMs / 1000)),
    renewTime: microTime(claim.nowMs),
    leaseTransitions: claim.transitions,
    ...(claim.acquiredAtMs === undefined ? {} : { acquireTime: microTime(claim.acquiredAtMs) }),
  };
}

/** metav1.MicroTime: RFC 3339 with exactly six digits of a second. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
