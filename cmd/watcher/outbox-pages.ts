/** Walks through what an outbox holds, page by page, so that a backlog of any size costs little memory. */
import type { EventDocument, Page, QuarantineDocument } from '../../internal/pipeline/outbox-documents.ts';
import { CONTROL_PAGE_EVENTS, type ControlPage } from '../../internal/server/control.ts';
import type { OutboxSource } from './outbox-source.ts';

export interface Walk {
  /** Begins behind this place. */
  readonly after?: number;
  readonly bodies?: boolean;
}

export const eachWaiting = (source: OutboxSource, walk: Walk = {}): AsyncGenerator<EventDocument> =>
  each((page) => source.waiting(page), walk);

export const eachQuarantined = (source: OutboxSource, walk: Walk = {}): AsyncGenerator<QuarantineDocument> =>
  each((page) => source.quarantine(page), walk);

/** What was counted by fingerprint, always with bodies. */
export async function* eachCoalesced(source: OutboxSource): AsyncGenerator<EventDocument> {
  yield* (await source.coalesced()).events;
}

/** What was gathered of storms, always with bodies. */
export async function* eachGathered(source: OutboxSource): AsyncGenerator<EventDocument> {
  yield* (await source.gathered()).events;
}

async function* each<D>(
  pageOf: (page: ControlPage) => Promise<Page<D>>,
  { after = 0, bodies = false }: Walk,
): AsyncGenerator<D> {
  for (let next: number | null = after; next !== null;) {
    const page: Page<D> = await pageOf({ after: next, limit: CONTROL_PAGE_EVENTS, bodies });
    yield* page.events;
    next = page.next_after;
  }
}

/** As they come, counted; ends with the reason of `signal` where that aborts. */
export async function* attended<D>(
  all: AsyncIterable<D>,
  signal: AbortSignal,
  onCount: (count: number) => void,
): AsyncGenerator<D> {
  let count = 0;
  for await (const document of all) {
    signal.throwIfAborted();
    onCount(++count);
    yield document;
  }
}

/** What to keep of a walk. */
export interface Filter {
  readonly namespace: string | undefined;
  readonly reason: string | undefined;
  /** Empty: any. */
  readonly ids: readonly string[];
}

/** Of a quarantined event, `reason` is why it was set aside or what had failed: whichever is meant. */
export function isWanted(filter: Filter, document: EventDocument & { readonly quarantine_reason?: string }): boolean {
  const { namespace, reason, ids } = filter;
  if (namespace !== undefined && document.namespace !== namespace) return false;
  if (reason !== undefined && document.reason !== reason && document.quarantine_reason !== reason) return false;
  return ids.length === 0 || ids.includes(document.event_id);
}

/** The first `limit` that are wanted (0: all), and whether there are more. */
export async function takeWanted<D extends EventDocument>(
  all: AsyncIterable<D>,
  filter: Filter,
  limit: number,
): Promise<{ readonly events: D[]; readonly hasMore: boolean }> {
  const events: D[] = [];
  for await (const document of all) {
    if (!isWanted(filter, document)) continue;
    if (limit > 0 && events.length === limit) return { events, hasMore: true };
    events.push(document);
  }
  return { events, hasMore: false };
}
