/**
 * The requests of leader election: sends one, with its own deadline, and says in the words of leader-state.ts what came
 * of it. Never rejects.
 */
import type { Clock } from '../platform/clock.ts';
import { describeError } from '../platform/errors.ts';
import {
  claimedLeaseBody,
  newLeaseBody,
  parseLease,
  releasedLeaseBody,
  type Lease,
  type LeaseClaim,
  type LeaseObject,
} from './leader-lease.ts';
import type { FailureKind, LeaderEffect, LeaderInput } from './leader-state.ts';
import { statusError, type Subject } from './transport-status.ts';
import type { ApiRequest, ApiResponse, ApiTransport } from './transport.ts';

export type LeaseRequest = Extract<LeaderEffect, { do: 'read' | 'create' | 'update' | 'release' }>;

export interface LeaseAddress {
  readonly namespace: string;
  readonly name: string;
}

export interface LeaseRequestContext {
  /** Must not wait behind other requests. */
  readonly transport: ApiTransport;
  readonly address: LeaseAddress;
  readonly identity: string;
  readonly leaseDurationMs: number;
  /** Whether all that was seen so far is told. */
  readonly isAllTold: () => boolean;
  readonly clock: Clock;
}

/** `error` goes with `failed`. */
export type LeaseOutcome = { readonly input: LeaderInput; readonly error?: unknown };

export async function sendLeaseRequest(
  request: LeaseRequest,
  context: LeaseRequestContext,
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<LeaseOutcome> {
  const sentMs = context.clock.monotonicMs();
  try {
    const answer = await context.transport.request(apiRequest(request, context), { ...limits, maxBytes: 256 * 1024 });
    return outcomeOf(request, answer, sentMs, context.address);
  } catch (error) {
    return { input: { kind: 'failed', why: 'unavailable' }, error };
  }
}

function apiRequest(request: LeaseRequest, context: LeaseRequestContext): ApiRequest {
  const { namespace, name } = context.address;
  const list = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
  const path = `${list}/${encodeURIComponent(name)}`;
  switch (request.do) {
    case 'read':
      return { method: 'GET', path };
    case 'create':
      return { method: 'POST', path: list, body: newLeaseBody(name, namespace, claimOf(request, context)) };
    case 'update':
      return { method: 'PUT', path, body: claimedLeaseBody(request.lease, claimOf(request, context)) };
    case 'release':
      return { method: 'PUT', path, body: releaseOf(request.lease, context) };
  }
}

function releaseOf(lease: Lease, { clock, isAllTold }: LeaseRequestContext): LeaseObject {
  return releasedLeaseBody(lease, clock.now(), isAllTold());
}

function claimOf(
  request: Extract<LeaseRequest, { do: 'create' | 'update' }>,
  context: LeaseRequestContext,
): LeaseClaim {
  const nowMs = context.clock.now();
  return {
    identity: context.identity,
    durationMs: context.leaseDurationMs,
    nowMs,
    transitions: request.transitions,
    acquiredAtMs: request.isNewTerm || request.do === 'create' ? nowMs : undefined,
    // Who begins a term has yet to tell what came since the one before.
    isAllTold: !request.isNewTerm && context.isAllTold(),
  };
}

function outcomeOf(request: LeaseRequest, answer: ApiResponse, sentMs: number, address: LeaseAddress): LeaseOutcome {
  const { status } = answer;
  if (status >= 200 && status <= 299) {
    const lease = parseLease(answer.body);
    return { input: request.do === 'read' ? { kind: 'read', lease } : { kind: 'written', lease, sentMs } };
  }
  if (status === 404 && request.do === 'read') return { input: { kind: 'read', lease: undefined } };
  if (status === 409 || (status === 404 && request.do !== 'create')) return { input: { kind: 'conflict' } };
  return { input: { kind: 'failed', why: failureOf(status) }, error: statusError(subjectOf(request, address), answer) };
}

function failureOf(status: number): FailureKind {
  if (status === 403) return 'forbidden';
  return status === 401 || status === 408 || status === 429 || status >= 500 ? 'unavailable' : 'refused';
}

const verbs = { read: 'get', create: 'create', update: 'update', release: 'update' } as const;

function subjectOf(request: LeaseRequest, address: LeaseAddress): Subject {
  return {
    verb: verbs[request.do],
    resource: 'leases',
    group: 'coordination.k8s.io',
    namespace: address.namespace,
    name: address.name,
  };
}

/** One word a kind of trouble, so that only news is logged. */
export function troubleOf(outcome: LeaseOutcome): string {
  const why = outcome.input.kind === 'failed' ? outcome.input.why : '';
  return outcome.error === undefined ? '' : `${why} ${describeError(outcome.error).code}`;
}
