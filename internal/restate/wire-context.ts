/**
 * The context of a finding on the wire (`context`), and how it gives way where an event would not fit EVENT_BYTES: the
 * first lines of the log, then the oldest events, then all of it. A failure never loses a word of its own for its context.
 */
import type { FindingContext, PodEvent } from '../pipeline/context.ts';

export interface ContextEvent {
  /** Normal or Warning. */
  type: string;
  reason: string;
  message: string;
  /** How often it was told. */
  count: number;
  /** RFC 3339, by the clock of who told it; left out where it doesn't say. */
  last_at?: string;
  /** Left out where it is about the whole pod. */
  container?: string;
}

export interface EventContext {
  /** What usually causes this reason. */
  hint?: string;
  /** The image as the node resolved it, with its digest. */
  image_id?: string;
  /** Of the container, by resource. */
  limits?: Record<string, string>;
  requests?: Record<string, string>;
  /** The pod's newest events, merged, newest last. */
  events?: ContextEvent[];
  /** The last lines of the log of the container that ended. */
  log?: string;
  /** Its beginning is missing. */
  log_cut?: true;
  /** What was asked for and is missing, and why: `logs: forbidden`. */
  notes?: string[];
}

/** `context` as it is written; nothing where there is none. */
export function contextOf(context: FindingContext | undefined): { context?: EventContext } {
  if (context === undefined) return {};
  const { hint, imageId, events, log, resources, notes } = context;
  return {
    context: {
      ...(hint === undefined ? {} : { hint }),
      ...(imageId === undefined ? {} : { image_id: imageId }),
      ...(resources === undefined ? {} : { limits: { ...resources.limits }, requests: { ...resources.requests } }),
      ...(events === undefined ? {} : { events: events.map(eventOf) }),
      ...(log === undefined ? {} : { log: log.text }),
      ...(log?.isCut === true ? { log_cut: true } : {}),
      ...(notes.length === 0 ? {} : { notes: [...notes] }),
    },
  };
}

function eventOf({ type, reason, message, count, lastAtMs, container }: PodEvent): ContextEvent {
  return {
    ...{ type, reason, message, count },
    ...(lastAtMs > 0 ? { last_at: new Date(lastAtMs).toISOString() } : {}),
    ...(container === '' ? {} : { container }),
  };
}

/** A log is worth no more cuts than down to about its last lines. */
const SHORTEST_LOG = 256;

/** The event with less context; undefined where it has none to give. */
export function withLessContext<E extends { context?: EventContext }>(event: E): E | undefined {
  const { context } = event;
  if (context === undefined) return undefined;
  const { log = '', events = [] } = context;
  if (log.length > SHORTEST_LOG) return { ...event, context: { ...context, log: lastHalf(log), log_cut: true } };
  if (events.length > 1)
    return { ...event, context: { ...context, events: events.slice(Math.ceil(events.length / 2)) } };
  const { context: _context, ...bare } = event;
  return bare as E;
}

/** Never begins with half a character. */
function lastHalf(text: string): string {
  const start = Math.ceil(text.length / 2);
  const unit = text.charCodeAt(start);
  return text.slice(unit >= 0xdc00 && unit <= 0xdfff ? start + 1 : start);
}
