/**
 * Whether a candidate is told, and as what: look-back, dedupe and encoding, with every answer reported. Changes nothing
 * but the pipeline's memory.
 */
import { decideDedupe, remember, rememberOld, toTell } from './dedupe.ts';
import { decideLookBack } from './filter-look-back.ts';
import type { Finding } from './finding.ts';
import type { Incidents } from './incidents.ts';
import type { OutboxEvent } from './outbox.ts';
import type { PipelineMemory } from './pipeline-memory.ts';
import type { PipelineObserver } from './pipeline-observer.ts';
import type { Candidate } from './pipeline-ring.ts';
import type { SettingsSource } from './settings.ts';

export interface TellingParts {
  readonly settings: SettingsSource;
  readonly observer: PipelineObserver;
  readonly memory: PipelineMemory;
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
}

/** What to tell of this candidate, remembered as told; undefined if nothing is. */
export function decideTelling(candidate: Candidate, parts: TellingParts): Telling | undefined {
  const { finding, subject, sinceMs } = candidate;
  const { memory, observer } = parts;
  if (finding.type === 'resolved') return resolved(candidate, parts);
  const lookBack = decideLookBack(finding, sinceMs);
  if (lookBack.pass) return deduplicated(candidate, parts);
  memory.incidents.set(subject, rememberOld(finding, memory.incidents.get(subject), memory.nowMs()));
  observer.decided({ finding, stage: 'look-back', decision: 'suppress', reason: lookBack.reason });
  return undefined;
}

function deduplicated(candidate: Candidate, parts: TellingParts): Telling | undefined {
  const { finding, subject } = candidate;
  const { memory, observer, settings } = parts;
  const { dedupCooldownMs } = settings.current();
  const nowMs = memory.nowMs();
  const known = memory.incidents.get(subject);
  const decision = decideDedupe(finding, known, nowMs, dedupCooldownMs);
  memory.incidents.set(subject, remember(finding, decision, known, nowMs));
  if (!decision.send) {
    observer.decided({ finding, stage: 'dedupe', decision: 'deduplicate', reason: decision.reason });
    return undefined;
  }
  const told = toTell(finding, decision, known, dedupCooldownMs);
  observer.decided({ finding: told, stage: 'dedupe', decision: 'append', reason: decision.reason });
  const event = encoded(told, parts);
  return event === undefined ? undefined : { candidate, finding: told, event, before: known };
}

/** Decided once by who noticed it (resolver.ts). */
function resolved(candidate: Candidate, parts: TellingParts): Telling | undefined {
  const { finding, subject } = candidate;
  parts.observer.decided({ finding, stage: 'resolve', decision: 'resolve', reason: 'over' });
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
