/**
 * Whether a candidate is told, and as what: look-back, dedupe and encoding, with every answer reported. Changes nothing
 * but the pipeline's memory.
 */
import { decideDedupe, remember, rememberOld, rememberSilenced, toTell } from './dedupe.ts';
import { decideLookBack } from './filter-look-back.ts';
import type { FindingContext } from './context.ts';
import { withContext } from './context-explain.ts';
import type { Finding } from './finding.ts';
import { knownAs, type Incidents } from './incidents.ts';
import type { OutboxEvent } from './outbox.ts';
import type { PipelineMemory } from './pipeline-memory.ts';
import type { PipelineObserver } from './pipeline-observer.ts';
import type { Candidate } from './pipeline-ring.ts';
import type { SettingsSource } from './settings.ts';
import type { Silencer } from './silencer.ts';

export interface TellingParts {
  readonly settings: SettingsSource;
  readonly observer: PipelineObserver;
  readonly memory: PipelineMemory;
  /** What somebody wants silent; nothing where absent. */
  readonly silencer?: Pick<Silencer, 'ruleFor' | 'count'>;
  /** Final wire bytes of a finding. */
  readonly encode: (finding: Finding) => Uint8Array;
}

/** What is to be appended: the finding as it is told, its event, and the candidate it came from. */
export interface Telling {
  readonly candidate: Candidate;
  readonly finding: Finding;
  readonly event: OutboxEvent;
  /** What was remembered of the subject before this was. */
  readonly before: Incidents | undefined;
  /** Part of a storm: it is stored to be told with others. */
  readonly isGathered?: boolean;
}

/** Whether decideTelling would tell this candidate now. Changes nothing and reports nothing. */
export function isToBeTold(
  { finding, subject, sinceMs }: Candidate,
  { memory, settings, silencer }: Pick<TellingParts, 'memory' | 'settings' | 'silencer'>,
): boolean {
  if (finding.type === 'resolved') return true;
  const known = memory.incidents.get(subject);
  const { dedupCooldownMs } = settings.current();
  if (!decideLookBack(finding, sinceMs).pass || silencer?.ruleFor(finding) !== undefined) return false;
  return decideDedupe(finding, known, memory.nowMs(), dedupCooldownMs).send;
}

/**
 * What to tell of this candidate, remembered as told; undefined if nothing is. Its context goes into the event's bytes
 * and nowhere else.
 */
export function decideTelling(
  candidate: Candidate,
  parts: TellingParts,
  context?: FindingContext,
): Telling | undefined {
  const { finding, subject, sinceMs } = candidate;
  const { memory, observer } = parts;
  if (finding.type === 'resolved' || finding.type === 'silenced') return decidedBefore(candidate, parts);
  const lookBack = decideLookBack(finding, sinceMs);
  if (lookBack.pass) return deduplicated(candidate, parts, context);
  memory.incidents.set(subject, rememberOld(finding, memory.incidents.get(subject), memory.nowMs()));
  observer.decided({ finding, stage: 'look-back', decision: 'suppress', reason: lookBack.reason });
  return undefined;
}

/**
 * The old leader told these: their incidents count as told now, so that what follows cools down. What is silenced now it
 * kept silent: that is ours to tell at the end of the silence.
 */
export function assumeTold(
  candidates: readonly Candidate[],
  parts: Pick<TellingParts, 'memory' | 'observer' | 'silencer'>,
): void {
  const { memory, observer } = parts;
  const { incidents } = memory;
  for (const candidate of candidates) {
    const { finding, subject } = candidate;
    if (finding.type !== 'resolved' && isSilenced(candidate, parts)) continue;
    incidents.set(subject, remember(finding, { send: true, reason: 'first' }, incidents.get(subject), memory.nowMs()));
    observer.decided({ finding, stage: 'gate', decision: 'suppress', reason: 'told-by-leader' });
  }
}

function deduplicated(
  candidate: Candidate,
  parts: TellingParts,
  context: FindingContext | undefined,
): Telling | undefined {
  const { finding, subject } = candidate;
  const { memory, observer, settings } = parts;
  const { dedupCooldownMs } = settings.current();
  const nowMs = memory.nowMs();
  const known = memory.incidents.get(subject);
  const decision = decideDedupe(finding, known, nowMs, dedupCooldownMs);
  if (decision.send && isSilenced(candidate, parts)) return undefined;
  memory.incidents.set(subject, remember(finding, decision, known, nowMs));
  if (!decision.send) {
    observer.decided({ finding, stage: 'dedupe', decision: 'deduplicate', reason: decision.reason });
    return undefined;
  }
  const told = toTell(finding, decision, known, dedupCooldownMs);
  observer.decided({ finding: told, stage: 'dedupe', decision: 'append', reason: decision.reason });
  const event = encoded(context === undefined ? told : withContext(told, context), parts);
  return event === undefined ? undefined : { candidate, finding: told, event, before: known };
}

/** Whether somebody wants it silent; then it is counted, once, and known as silenced. */
function isSilenced(
  { finding, subject }: Candidate,
  { silencer, memory, observer }: Pick<TellingParts, 'memory' | 'observer' | 'silencer'>,
): boolean {
  const silence = silencer?.ruleFor(finding);
  if (silencer === undefined || silence === undefined) return false;
  const { incidents } = memory;
  const known = incidents.get(subject);
  const isNew = knownAs(known, finding.eventId) === undefined;
  incidents.set(subject, rememberSilenced(finding, known, memory.nowMs()));
  if (isNew) silencer.count(silence, finding);
  const reason = `silenced-by-${silence.source}` as const;
  observer.decided({ finding, stage: 'silence', decision: 'suppress', reason, silence, isNew });
  return true;
}

/** Decided once by who noticed it (resolver.ts, silencer.ts). */
function decidedBefore(candidate: Candidate, parts: TellingParts): Telling | undefined {
  const { finding, subject } = candidate;
  if (finding.type === 'resolved') {
    parts.observer.decided({ finding, stage: 'resolve', decision: 'resolve', reason: 'over' });
  } else parts.observer.decided({ finding, stage: 'silence', decision: 'summarise', reason: 'ended' });
  const event = encoded(finding, parts);
  return event === undefined ? undefined : { candidate, finding, event, before: parts.memory.incidents.get(subject) };
}

/** A finding that can't be encoded is a fault of ours: it is reported, and the others go on. */
function encoded(finding: Finding, { observer, encode }: TellingParts): OutboxEvent | undefined {
  try {
    return outboxEvent(finding, encode(finding));
  } catch (error) {
    observer.failed('encode', error);
    observer.decided({ finding, stage: 'encode', decision: 'suppress', reason: 'encoding-failed' });
    return undefined;
  }
}

function outboxEvent(finding: Finding, bytes: Uint8Array): OutboxEvent {
  const { eventId, fingerprint, observedAtMs, pod } = finding;
  const { uid, namespace, name, phase } = pod;
  return { eventId, podUid: uid, namespace, pod: name, phase, fingerprint, bytes, observedAtMs };
}

/** Ids of the failures that these tell as over. */
export function closedBy(tellings: readonly Telling[]): readonly string[] {
  return tellings.flatMap(({ finding }) => finding.closes ?? []);
}

/**
 * Of what is told, what is appended as it is, and what is gathered: nothing that is told as over with it, and nothing at
 * all while the outbox is full.
 */
export function partsOf(
  tellings: readonly Telling[],
  isFull: boolean,
): { readonly events: readonly OutboxEvent[]; readonly gathered: readonly OutboxEvent[] } {
  const closed = new Set(closedBy(tellings));
  const isGathered = ({ isGathered: isOfStorm = false, event }: Telling): boolean =>
    isOfStorm && !isFull && !closed.has(event.eventId);
  return {
    events: tellings.filter((telling) => !isGathered(telling)).map(({ event }) => event),
    gathered: tellings.filter(isGathered).map(({ event }) => event),
  };
}
