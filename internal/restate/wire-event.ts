/**
 * The event as it goes over the wire to onPodEvent and onPodEvents: one JSON object in snake_case.
 *
 * The first block is what the agent's predecessor sent and every plane understands; a plane must ignore fields it does
 * not know. Strings are '' where Kubernetes says nothing; what is marked optional is then left out. Types only:
 * wire-format.ts writes it, wire-schema.ts checks it.
 */
import type { EventContext } from './wire-context.ts';
import type { ExitCause, IncidentClass, FindingType, Severity } from '../pipeline/finding.ts';
import type { ContainerRole } from '../pipeline/pod-facts.ts';
import type { SilencedFailures } from './wire-silenced.ts';

export interface CoalescedFailures {
  count: number;
  /** RFC 3339, by the agent's clock; so is last_at. */
  first_at: string;
  last_at: string;
}

/** A failure that a digest tells of, by what it doesn't share with the digest's own event. */
export interface DigestedFailure {
  event_id: string;
  incident_key: string;
  /** The pod's name. */
  name: string;
  /** RFC 3339, by the agent's clock. */
  observed_at: string;
  /** Left out where it is the digest's, as is scope; '' for the whole cluster. */
  reason?: string;
  scope?: string;
}

export interface FailureDigest {
  /** How many there are, and of how many pods. */
  failures: number;
  pods: number;
  /** When the first and the last of them were observed. RFC 3339. */
  first_at: string;
  last_at: string;
  /** Names of some of the pods. */
  sample_pods: string[];
  /** Each of the failures. */
  covered: DigestedFailure[];
}

export interface WireEvent {
  /** Names this occurrence of this fact. A plane that remembers it for 7 days gets each failure exactly once. */
  event_id: string;
  type: FindingType;
  namespace: string;
  /** The pod's name. */
  name: string;
  phase: string;
  /** Kubernetes' own word, such as OOMKilled. */
  reason: string;
  message: string;
  /** Sum over the pod's containers. */
  restart_count: number;
  container_name: string;
  /** From the label `project-id` of the namespace; of the pod only where the namespace has none, and then it is claimed. */
  project_id: string;
  /** From the label `owner-id`, by the same rule. */
  owner_id: string;
  workload_kind: string;
  workload_name: string;
  /** The pod's. */
  labels: Record<string, string>;

  /** From the label `workload-id`, by the same rule as project_id. */
  workload_id: string;
  /** Which of project_id, owner_id and workload_id rest on the pod's own word alone. Left out when none does. */
  claimed_ids?: string[];
  /** RFC 3339, by the object's own times; left out where the object has none. */
  occurred_at?: string;
  /** RFC 3339, by the agent's clock. */
  observed_at: string;
  pod_uid: string;
  node_name: string;
  container_role?: ContainerRole;
  image?: string;
  exit_code?: number;
  signal?: number;
  /** The runtime's word for how the container ended, such as OOMKilled; left out where `reason` says it. */
  exit_reason?: string;
  /** Who or what ended the container: oom, start-failed, liveness-probe, startup-probe, own-exit or unknown. Probes and own exits are told apart where --event-context names events. */
  exit_cause?: ExitCause | 'unknown';
  /** How long the container had run before it ended. */
  ran_for_ms?: number;
  incident_key: string;
  incident_class: IncidentClass;
  fingerprint: string;
  /** All that has this fingerprint in this cluster, whenever it comes: for one thread, ticket or card. */
  group_id?: string;
  severity: Severity;
  /** Ids of other views of the same attempt: they count as told with this event. */
  covers: string[];
  /** For `resolved`: ids of the failures that are over. */
  closes?: string[];
  /** Attempts this event tells of, where there were several: those counted since the last telling. */
  occurrences?: number;
  /**
   * Failures with the same fingerprint that the agent saw while its outbox was full and only counted, beside this one:
   * how many, and the first and last time any of them was seen. Each that still showed afterwards came by itself as well.
   */
  coalesced?: CoalescedFailures;
  /** For `digest`: the failures it tells of. All else is of the first of them, but for its id, severity and time. */
  digest?: FailureDigest;
  /** For `silenced`: what was not told. The event's own name is that of the silence, its workload of kind Silence. */
  silenced?: SilencedFailures;
  /** Restarts before this one of which no fact is left. */
  restarts_unseen: number;
  /** What --event-context asks for, as far as it was to be had; see below. */
  context?: EventContext;
  /** Which part of the cluster its agent tells of, such as `node worker-1`; left out where that is all of it. */
  scope?: string;
  agent_version: string;
  /** Something was cut so that the event fits into EVENT_BYTES. */
  truncated?: true;
  /** Sent by `watcher test-event`: nothing failed. */
  test?: true;
}
