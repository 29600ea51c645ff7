/**
 * Leader election as a pure function: state and input in, state, effects and a named reason out. leader.ts performs the
 * effects; what a candidate may do, and when a leader is no longer one, is decided here.
 *
 * The rules are client-go's: a holder is believed for the Lease's duration from when we saw it renew, on our own
 * monotonic clock, so that clocks may differ; a leader whose last successful renewal began `renewDeadlineMs` ago has
 * lost, whatever else is going on. A Lease has no fencing: for a moment two may believe that they lead if a process is
 * frozen. Uniqueness of what is told rests on event identity, not on this.
 */
import { LOST_LOOK_BACK_MS } from '../platform/limits.ts';
import type { Lease } from './leader-lease.ts';

/** A Lease and when, on our monotonic clock, we first saw it in this shape. */
export interface Observation {
  readonly lease: Lease;
  readonly sinceMs: number;
}

export type LeaderState =
  /** Somebody else holds the Lease, or nobody could be asked; waits for the next look. */
  | { readonly kind: 'Follower'; readonly seen: Observation | undefined }
  /** A request that may make us leader is under way. */
  | { readonly kind: 'Acquiring'; readonly seen: Observation | undefined; readonly doing: 'reading' | 'writing' }
  | {
      readonly kind: 'Leading';
      readonly lease: Lease;
      /** When the last renewal that succeeded was sent. */
      readonly renewedMs: number;
      /** `checking`: somebody wrote to the Lease, we read it; `retaking`: writing once more after that. */
      readonly doing: 'waiting' | 'renewing' | 'checking' | 'retaking';
    }
  /** Leads no more and gives the Lease back, if it is still ours. */
  | { readonly kind: 'Releasing'; readonly doing: 'reading' | 'writing' }
  | { readonly kind: 'Stopped' };

export type LeaderInput =
  /** The wait is over. */
  | { readonly kind: 'due' }
  /** Undefined: there is no such Lease. */
  | { readonly kind: 'read'; readonly lease: Lease | undefined }
  | { readonly kind: 'written'; readonly lease: Lease; readonly sentMs: number }
  /** Somebody else wrote, created or deleted it since we read it (409, 404). */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'failed'; readonly why: FailureKind }
  | { readonly kind: 'stop' };

/** `forbidden` and `refused` won't go away by trying again soon. */
export type FailureKind = 'forbidden' | 'refused' | 'unavailable';

export type EndReason = 'renew-deadline' | 'taken-over' | 'shutdown';

export type LeaderEffect =
  /** `due` after this; replaces the wait before. */
  | { readonly do: 'wait'; readonly how: 'retry' | 'slow' | 'release' }
  /** Each request replaces the one before, whose answer no longer counts. */
  | { readonly do: 'read' }
  | { readonly do: 'create'; readonly transitions: number; readonly isNewTerm: boolean }
  | { readonly do: 'update'; readonly lease: Lease; readonly transitions: number; readonly isNewTerm: boolean }
  | { readonly do: 'release'; readonly lease: Lease }
  /** Whatever request is under way no longer counts. */
  | { readonly do: 'cancel' }
  | { readonly do: 'begin'; readonly transitions: number; readonly previousRenewAtMs: number | undefined }
  | { readonly do: 'end'; readonly reason: EndReason }
  /** Somebody else is seen to lead. */
  | { readonly do: 'announce'; readonly holder: string }
  | { readonly do: 'finish' };

export type LeaderReason =
  | 'looking'
  | 'held-by-other'
  | 'lease-absent'
  | 'lease-free'
  | 'lease-expired'
  | 'lease-ours'
  | 'acquired'
  | 'lost-race'
  | 'forbidden'
  | 'refused'
  | 'unavailable'
  | 'renewing'
  | 'renewed'
  | 'lease-changed'
  | 'renew-deadline'
  | 'taken-over'
  | 'releasing'
  | 'released'
  | 'not-ours'
  | 'release-failed'
  | 'stopped'
  | 'ignored';

export interface LeaderStep {
  readonly state: LeaderState;
  readonly effects: readonly LeaderEffect[];
  readonly reason: LeaderReason;
}

export interface LeaderRules {
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
}

export const initialLeaderState: LeaderState = { kind: 'Follower', seen: undefined };

export function stepLeader(state: LeaderState, input: LeaderInput, nowMs: number, rules: LeaderRules): LeaderStep {
  switch (state.kind) {
    case 'Follower':
      return stepFollower(state, input);
    case 'Acquiring':
      return stepAcquiring(state, input, nowMs, rules);
    case 'Leading':
      return stepLeading(state, input, nowMs, rules);
    case 'Releasing':
      return stepReleasing(state, input, rules);
    case 'Stopped':
      return ignored(state);
  }
}

/** True once the last successful renewal began too long ago: whoever leads by it leads no more. */
export function isOverdue(renewedMs: number, nowMs: number, rules: Pick<LeaderRules, 'renewDeadlineMs'>): boolean {
  return nowMs - renewedMs >= rules.renewDeadlineMs;
}

type In<K extends LeaderState['kind']> = Extract<LeaderState, { kind: K }>;

function stepFollower(state: In<'Follower'>, input: LeaderInput): LeaderStep {
  if (input.kind === 'stop') return { state: { kind: 'Stopped' }, effects: [{ do: 'finish' }], reason: 'stopped' };
  if (input.kind !== 'due') return ignored(state);
  return {
    state: { kind: 'Acquiring', seen: state.seen, doing: 'reading' },
    effects: [{ do: 'read' }],
    reason: 'looking',
  };
}

function stepAcquiring(state: In<'Acquiring'>, input: LeaderInput, nowMs: number, rules: LeaderRules): LeaderStep {
  switch (input.kind) {
    case 'read':
      return state.doing === 'reading' ? afterLook(state.seen, input.lease, nowMs, rules) : ignored(state);
    case 'written':
      return state.doing === 'writing' ? afterClaim(state, input.lease, input.sentMs, nowMs, rules) : ignored(state);
    case 'conflict':
      return follow(state.seen, 'lost-race', 'retry');
    case 'failed':
      return follow(state.seen, input.why, input.why === 'unavailable' ? 'retry' : 'slow');
    case 'stop':
      // A claim may have reached the server: look, and give back what is ours.
      return state.doing === 'writing'
        ? startRelease([])
        : { state: { kind: 'Stopped' }, effects: [{ do: 'cancel' }, { do: 'finish' }], reason: 'stopped' };
    case 'due':
      return ignored(state);
  }
}

function afterLook(
  before: Observation | undefined,
  lease: Lease | undefined,
  nowMs: number,
  rules: LeaderRules,
): LeaderStep {
  if (lease === undefined) {
    // Deleted while we followed: what we saw of it still tells how far terms had been counted.
    const state: LeaderState = { kind: 'Acquiring', seen: before, doing: 'writing' };
    const transitions = before === undefined ? 0 : before.lease.transitions + 1;
    return { state, effects: [{ do: 'create', transitions, isNewTerm: true }], reason: 'lease-absent' };
  }
  const seen = observe(before, lease, nowMs);
  const verdict = mayTake(seen, nowMs, rules);
  if (verdict === 'held-by-other') {
    const isNews = before?.lease.holder !== lease.holder;
    const effects: LeaderEffect[] = isNews ? [{ do: 'announce', holder: lease.holder }] : [];
    return { state: { kind: 'Follower', seen }, effects: [...effects, { do: 'wait', how: 'retry' }], reason: verdict };
  }
  const claim: LeaderEffect = { do: 'update', lease, transitions: lease.transitions + 1, isNewTerm: true };
  return { state: { kind: 'Acquiring', seen, doing: 'writing' }, effects: [claim], reason: verdict };
}

function afterClaim(
  state: In<'Acquiring'>,
  lease: Lease,
  sentMs: number,
  nowMs: number,
  rules: LeaderRules,
): LeaderStep {
  if (isOverdue(sentMs, nowMs, rules)) return follow(undefined, 'renew-deadline', 'retry');
  return {
    state: { kind: 'Leading', lease, renewedMs: sentMs, doing: 'waiting' },
    effects: [
      { do: 'begin', transitions: lease.transitions, previousRenewAtMs: toldUntilMs(state.seen?.lease) },
      { do: 'wait', how: 'retry' },
    ],
    reason: 'acquired',
  };
}

/**
 * Undefined where nobody has told anything. Of a leader that went on telling while something waited, no further back than
 * the plane remembers: one event that never gets through must not have a week of others told a second time.
 */
function toldUntilMs(before: Lease | undefined): number | undefined {
  const { toldUntilMs: told, renewAtMs } = before ?? {};
  if (!told || renewAtMs === undefined) return (told ?? renewAtMs) || undefined;
  return Math.max(told, renewAtMs - LOST_LOOK_BACK_MS);
}

function stepLeading(state: In<'Leading'>, input: LeaderInput, nowMs: number, rules: LeaderRules): LeaderStep {
  if (input.kind === 'stop') return startRelease([{ do: 'end', reason: 'shutdown' }]);
  const renewedMs = input.kind === 'written' ? Math.max(state.renewedMs, input.sentMs) : state.renewedMs;
  if (isOverdue(renewedMs, nowMs, rules)) return lose(undefined, 'renew-deadline');
  switch (input.kind) {
    case 'due':
      return state.doing === 'waiting' ? renew(state, state.lease, 'renewing', 'renewing') : ignored(state);
    case 'written':
      return {
        state: { kind: 'Leading', lease: input.lease, renewedMs, doing: 'waiting' },
        effects: [{ do: 'wait', how: 'retry' }],
        reason: 'renewed',
      };
    case 'conflict':
      return afterConflict(state);
    case 'failed':
      return { state: { ...state, doing: 'waiting' }, effects: [{ do: 'wait', how: 'retry' }], reason: input.why };
    case 'read':
      return state.doing === 'checking' ? afterCheck(state, input.lease, nowMs, rules) : ignored(state);
  }
}

/** Once: look who wrote. Twice in a row: somebody keeps writing, which is no reason to hurry. */
function afterConflict(state: In<'Leading'>): LeaderStep {
  return state.doing === 'renewing'
    ? { state: { ...state, doing: 'checking' }, effects: [{ do: 'read' }], reason: 'lease-changed' }
    : { state: { ...state, doing: 'waiting' }, effects: [{ do: 'wait', how: 'retry' }], reason: 'lease-changed' };
}

function afterCheck(state: In<'Leading'>, lease: Lease | undefined, nowMs: number, rules: LeaderRules): LeaderStep {
  if (lease === undefined) {
    const effect: LeaderEffect = { do: 'create', transitions: state.lease.transitions, isNewTerm: false };
    return { state: { ...state, doing: 'retaking' }, effects: [effect], reason: 'lease-absent' };
  }
  if (lease.holder === rules.identity) return renew(state, lease, 'retaking', 'lease-ours');
  const isOnlyEmptied = lease.holder === '' && lease.transitions === state.lease.transitions;
  if (isOnlyEmptied) return renew(state, lease, 'retaking', 'lease-free');
  return lose({ lease, sinceMs: nowMs }, 'taken-over');
}

function renew(state: In<'Leading'>, lease: Lease, doing: 'renewing' | 'retaking', reason: LeaderReason): LeaderStep {
  const effect: LeaderEffect = { do: 'update', lease, transitions: lease.transitions, isNewTerm: false };
  return { state: { ...state, doing }, effects: [effect], reason };
}

function lose(seen: Observation | undefined, reason: 'renew-deadline' | 'taken-over'): LeaderStep {
  const holder = seen?.lease.holder ?? '';
  const announce: LeaderEffect[] = holder === '' ? [] : [{ do: 'announce', holder }];
  return {
    state: { kind: 'Follower', seen },
    effects: [{ do: 'cancel' }, { do: 'end', reason }, ...announce, { do: 'wait', how: 'retry' }],
    reason,
  };
}

function stepReleasing(state: In<'Releasing'>, input: LeaderInput, rules: LeaderRules): LeaderStep {
  const stopped = (reason: LeaderReason): LeaderStep => ({
    state: { kind: 'Stopped' },
    effects: [{ do: 'cancel' }, { do: 'finish' }],
    reason,
  });
  switch (input.kind) {
    case 'read':
      if (state.doing !== 'reading') return ignored(state);
      if (input.lease?.holder !== rules.identity) return stopped('not-ours');
      return {
        state: { kind: 'Releasing', doing: 'writing' },
        effects: [{ do: 'release', lease: input.lease }],
        reason: 'releasing',
      };
    case 'written':
      return state.doing === 'writing' ? stopped('released') : ignored(state);
    case 'conflict':
      // A renewal that was under way when we stopped may have come through: look again, within the time for releasing.
      return { state: { kind: 'Releasing', doing: 'reading' }, effects: [{ do: 'read' }], reason: 'lease-changed' };
    case 'failed':
    case 'due':
      return stopped('release-failed');
    case 'stop':
      return ignored(state);
  }
}

function startRelease(effects: readonly LeaderEffect[]): LeaderStep {
  return {
    state: { kind: 'Releasing', doing: 'reading' },
    effects: [{ do: 'cancel' }, ...effects, { do: 'read' }, { do: 'wait', how: 'release' }],
    reason: 'releasing',
  };
}

function follow(seen: Observation | undefined, reason: LeaderReason, how: 'retry' | 'slow'): LeaderStep {
  return { state: { kind: 'Follower', seen }, effects: [{ do: 'wait', how }], reason };
}

function ignored(state: LeaderState): LeaderStep {
  return { state, effects: [], reason: 'ignored' };
}

function observe(before: Observation | undefined, lease: Lease, nowMs: number): Observation {
  return { lease, sinceMs: before?.lease.mark === lease.mark ? before.sinceMs : nowMs };
}

/** Longest a silent holder is believed, in lease durations of ours: a Lease edited by hand to a day must not leave us without leader for a day. */
const LONGEST_BELIEF = 4;

function mayTake(
  seen: Observation,
  nowMs: number,
  rules: LeaderRules,
): LeaderReason & ('lease-free' | 'lease-ours' | 'lease-expired' | 'held-by-other') {
  const { lease, sinceMs } = seen;
  if (lease.holder === '') return 'lease-free';
  if (lease.holder === rules.identity) return 'lease-ours';
  const believedMs = Math.min(lease.durationMs ?? rules.leaseDurationMs, LONGEST_BELIEF * rules.leaseDurationMs);
  return nowMs - sinceMs >= believedMs ? 'lease-expired' : 'held-by-other';
}
