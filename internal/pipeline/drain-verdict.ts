/**
 * What is to be done with a batch after one attempt to deliver it. Pure: outcome and facts in, verdict out; drain.ts
 * carries it out. The rules:
 *
 * - What failed on the way, or at the ingress, goes again under the same key; the whole drain pauses, longer each time.
 *   A firewall may cut the connection for words it dislikes, too: so where the plane answered others meanwhile, they go
 *   before a batch from its third loss on, and at the fourth it is halved. An event alone is kept, and holds up nobody.
 * - What failed inside the plane is remembered there under its key, so it goes again under the next one, after a pause
 *   of its own. After several of these the batch is halved, to find the event that is to blame.
 * - What the plane calls invalid or too large is halved at once. An event alone is trimmed if it is too large, and
 *   quarantined if it is refused while another event got through; if none did, the plane is what is broken, and it is kept.
 *   A digest that is alone is no event alone: it is halved as a batch is, until its failures are.
 * - Where the plane takes nothing from us (credentials, address, registration), all is kept and it is asked every 30 s.
 * - What is refused before the plane had a look may be refused for its words: a firewall on the way answers 400 or 403 too.
 *   So after the second refusal another batch is tried in its place. If that is refused as well, it is the credentials;
 *   if it gets through, the batch is halved, and the event that is refused even then is quarantined. Where little else
 *   waits, a batch is halved all the same, as one of its halves may be what gets through; but not if an attempt at it was
 *   lost, which may have been done: then its key is kept for as long as nothing speaks against its words.
 */
import { LONGEST_WAIT_MS } from '../platform/limits.ts';
import type { DeliveryOutcome, RefusalReason, RetryReason } from './delivery.ts';

/** Pauses grow from the first to the longest, doubling. The breaker probes every 30 s; so do we. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** However it was asked for, no pause is shorter: nothing here may turn into a busy loop. */
const SHORTEST_PAUSE_MS = 100;
/** Attempts inside the plane that fail before the batch is halved. */
const FAILURES_BEFORE_SPLIT = 5;
/** Failures in a row, of whichever batches, after which a failure inside the plane pauses everything. */
const FAILURES_BEFORE_PAUSE = 3;
/** Losses before the one at which others go first, and before the one at which a batch is halved; if others are answered. */
const LOSSES_BEFORE_OTHERS = 2;
const LOSSES_BEFORE_SPLIT = 3;
/** Refusals by which a server or proxy says that it knows us not or the path not: credentials, registration, address. */
const NEVER_FOR_WORDS: ReadonlySet<number> = new Set([401, 404, 405, 407, 410]);
/** Unsettled batches up to which new ones are made, and batches are halved though nothing else got through. */
export const MOST_BATCHES = 16;

export interface BatchFacts {
  readonly events: number;
  /** Into how many it can be halved, where that is not by events: a digest that is alone, into its failures. */
  readonly parts?: number;
  /** Failed attempts before this one that speak against the batch itself. */
  readonly failures: number;
  /** Failed attempts before this one, of any kind. */
  readonly attempts: number;
  /** Another event was accepted since this batch, or the one it is part of, first failed. */
  readonly othersGotThrough: boolean;
  /** Attempts before this one that were refused maybe for their words, and whether others got through since the first. */
  readonly refusals: number;
  readonly othersNotRefused: boolean;
  /** An attempt before this one was lost on the way: it may have been done, and only the same key would tell. */
  readonly mayBeDone: boolean;
  /** How many attempts before this one were lost on the way, and whether the plane answered others since the first. */
  readonly losses: number;
  readonly othersAnswered: boolean;
  /** Others got through since that batch was first refused which this one is part of. */
  readonly isSingledOut: boolean;
}

export interface PlaneFacts {
  /** Failed attempts since one was last accepted. */
  readonly failuresInARow: number;
  /** Frozen and not settled, those not counted that others go before. */
  readonly batches: number;
  /** The same, all of them. */
  readonly frozen: number;
}

export type SuspectReason = 'invalid' | 'too-large' | 'invocation-failed' | 'refused' | 'unanswered';

/** Why a batch was put back. */
export type ReleaseReason = RetryReason | RefusalReason | SuspectReason;

type Release = Extract<Verdict, { kind: 'release' }>;

export type Verdict =
  | { readonly kind: 'acknowledge' }
  | {
      readonly kind: 'release';
      readonly reason: ReleaseReason;
      readonly key: 'same' | 'next-generation';
      /** This batch waits so long, not counting jitter. */
      readonly delayMs: number;
      /** Everything waits so long; 0 for no pause. */
      readonly pauseMs: number;
      readonly yieldsPod: boolean;
      /** While nothing gets through, others are tried before it. */
      readonly goesLast: boolean;
    }
  | { readonly kind: 'split'; readonly reason: SuspectReason }
  /** Trim it; where there is nothing left to trim, do `otherwise`. */
  | { readonly kind: 'trim'; readonly otherwise: Verdict }
  | { readonly kind: 'quarantine'; readonly reason: SuspectReason };

/** The verdict on a batch. */
export function judge(outcome: DeliveryOutcome, batch: BatchFacts, plane: PlaneFacts): Verdict {
  switch (outcome.kind) {
    case 'accepted':
      return { kind: 'acknowledge' };
    case 'retry':
      return outcome.key === 'same'
        ? sameAgain(outcome.reason, outcome.afterMs, batch, plane)
        : nextGeneration(outcome.reason, outcome.afterMs, batch, plane);
    case 'split':
      return outcome.reason === 'too-large' ? tooLarge(batch, plane) : isolate('invalid', batch, plane);
    case 'refused':
      return blameOf(outcome) === 'words' ? maybeItsWords(outcome.reason, batch, plane) : keepAll(outcome.reason);
  }
}

/**
 * What an outcome that is no success speaks against: the batch, maybe its words, or the way to the plane, which took
 * nothing or lost it, so that it may have been done. A busy ingress may have lost an attempt before it spoke, and says
 * nothing against the batch.
 */
export function blameOf(outcome: DeliveryOutcome): 'batch' | 'words' | 'way' | 'lost' | 'busy' {
  if (outcome.kind === 'split') return 'batch';
  if (outcome.kind === 'retry' && outcome.key === 'next-generation') return 'batch';
  if (outcome.kind === 'retry') return outcome.reason === 'ingress-busy' ? 'busy' : 'lost';
  const { status } = outcome;
  return outcome.kind === 'refused' && status >= 400 && status < 500 && !NEVER_FOR_WORDS.has(status) ? 'words' : 'way';
}

function keepAll(reason: RefusalReason): Release {
  const pauseMs = LONGEST_PAUSE_MS;
  return { kind: 'release', reason, key: 'same', delayMs: 0, pauseMs, yieldsPod: false, goesLast: false };
}

/** Only the third refusal decides, so that between the second and the third another batch was tried. */
function maybeItsWords(reason: RefusalReason, batch: BatchFacts, plane: PlaneFacts): Verdict {
  const isAlone = batch.events <= 1;
  const isWhole = partsOf(batch) <= 1;
  if (batch.refusals >= 2) {
    const isFree = plane.frozen < MOST_BATCHES && !batch.mayBeDone;
    if (isWhole && batch.othersNotRefused) return { kind: 'quarantine', reason: 'refused' };
    if (!isWhole && (batch.othersNotRefused || isFree)) return { kind: 'split', reason: 'refused' };
  }
  const pauseMs = plane.failuresInARow < 2 ? FIRST_PAUSE_MS : LONGEST_PAUSE_MS;
  const yieldsPod = isAlone && batch.isSingledOut;
  return { ...keepAll(reason), pauseMs, yieldsPod, goesLast: yieldsPod || batch.refusals >= 1 };
}

function sameAgain(reason: RetryReason, afterMs: number | undefined, batch: BatchFacts, plane: PlaneFacts): Verdict {
  const isSuspect = reason !== 'ingress-busy' && batch.losses >= LOSSES_BEFORE_SPLIT && batch.othersAnswered;
  if (isSuspect) return partsOf(batch) > 1 ? { kind: 'split', reason: 'unanswered' } : neverAnswered(reason, batch);
  const delayMs = bounded(afterMs) ?? growingPause(batch.attempts);
  const pauseMs = bounded(afterMs) ?? growingPause(plane.failuresInARow);
  const goesLast = batch.losses >= LOSSES_BEFORE_OTHERS && batch.othersAnswered;
  return { kind: 'release', reason, key: 'same', delayMs, pauseMs, yieldsPod: false, goesLast };
}

/** No answer is no verdict of anybody's: it stays in the outbox, is tried now and then, and others pass it. */
function neverAnswered(reason: RetryReason, { losses }: BatchFacts): Release {
  const delayMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(losses, 16), LONGEST_WAIT_MS);
  return { kind: 'release', reason, key: 'same', delayMs, pauseMs: 0, yieldsPod: true, goesLast: true };
}

function nextGeneration(
  reason: RetryReason,
  afterMs: number | undefined,
  batch: BatchFacts,
  plane: PlaneFacts,
): Verdict {
  if (batch.failures + 1 >= FAILURES_BEFORE_SPLIT) return isolate('invocation-failed', batch, plane);
  const delayMs = Math.max(bounded(afterMs) ?? 0, growingPause(batch.failures));
  const pauseMs = suspicionPause(plane);
  return { kind: 'release', reason, key: 'next-generation', delayMs, pauseMs, yieldsPod: false, goesLast: false };
}

function tooLarge(batch: BatchFacts, plane: PlaneFacts): Verdict {
  const otherwise = isolate('too-large', batch, plane);
  return partsOf(batch) > 1 ? otherwise : { kind: 'trim', otherwise };
}

function partsOf({ events, parts = events }: BatchFacts): number {
  return parts;
}

/** Halves, quarantines what is alone, or keeps it where the plane may be what is broken. */
function isolate(reason: SuspectReason, batch: BatchFacts, plane: PlaneFacts): Verdict {
  const isAlone = batch.events <= 1;
  const isWhole = partsOf(batch) <= 1;
  if (isWhole && batch.othersGotThrough) return { kind: 'quarantine', reason };
  // Others go before what is alone, also before a digest: so its parts don't count among those that leave no room.
  const isRoom = (isAlone ? plane.frozen : plane.batches) < MOST_BATCHES;
  if (!isWhole && (batch.othersGotThrough || isRoom)) return { kind: 'split', reason };
  return {
    kind: 'release',
    reason,
    key: 'next-generation',
    delayMs: growingPause(batch.failures),
    pauseMs: suspicionPause(plane),
    yieldsPod: isAlone,
    goesLast: isAlone,
  };
}

/** One failing batch is the batch's trouble; several in a row, and none that got through, are the plane's. */
function suspicionPause(plane: PlaneFacts): number {
  const beyond = plane.failuresInARow + 1 - FAILURES_BEFORE_PAUSE;
  return beyond < 0 ? 0 : growingPause(beyond);
}

/** 1, 2, 4, ... 30 s. */
export function growingPause(failuresBefore: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failuresBefore, 16), LONGEST_PAUSE_MS);
}

function bounded(afterMs: number | undefined): number | undefined {
  if (afterMs === undefined || Number.isNaN(afterMs)) return undefined;
  return Math.min(Math.max(afterMs, SHORTEST_PAUSE_MS), LONGEST_WAIT_MS);
}
