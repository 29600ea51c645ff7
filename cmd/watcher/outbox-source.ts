/** What the outbox commands ask for, answered from an outbox: by the agent through its socket, or from the file itself. */
import {
  coalescedPage,
  gatheredPage,
  outboxStatus,
  quarantinePage,
  waitingPage,
  type EventDocument,
  type OutboxStatus,
  type Page,
  type QuarantineDocument,
} from '../../internal/pipeline/outbox-documents.ts';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { withCoalesced } from '../../internal/restate/wire-coalesced.ts';
import type { ControlPage, ControlSource } from '../../internal/server/control.ts';
import type { PlaneDuties } from './plane-duties.ts';

/** What an agent that runs says of itself beside its outbox. */
export interface AgentDocument {
  readonly pid: number;
  readonly version: string;
  /** Whether what is detected gets into the outbox, and what of it does not. */
  readonly telling: object;
  /** Whether the plane has taken this cluster in, or why not. */
  readonly enrolment: ReturnType<PlaneDuties['enrolment']>;
}

export interface OutboxSource extends ControlSource {
  /** `agent` is null where none runs. */
  status(): Promise<OutboxStatus & { readonly agent: AgentDocument | null }>;
  waiting(page: ControlPage): Promise<Page<EventDocument>>;
  quarantine(page: ControlPage): Promise<Page<QuarantineDocument>>;
  coalesced(): Promise<Page<EventDocument>>;
  gathered(): Promise<Page<EventDocument>>;
  requeue(eventIds: readonly string[]): Promise<{ readonly requeued: number }>;
}

export function outboxSource(outbox: Outbox, clock: Clock, agent: () => AgentDocument | null): OutboxSource {
  return {
    status: async () => ({ agent: agent(), ...(await outboxStatus(outbox, clock.now())) }),
    waiting: (page) => waitingPage(outbox, page),
    quarantine: (page) => quarantinePage(outbox, page),
    coalesced: () => coalescedPage(outbox, withCoalesced),
    gathered: () => gatheredPage(outbox),
    requeue: async (eventIds) => ({ requeued: await outbox.requeue(eventIds) }),
  };
}
