/**
 * The control socket: how a person at a terminal reaches the outbox of an agent that runs and holds its lock. HTTP with
 * JSON over a Unix socket of mode 0600 in the data directory: whoever may read the outbox file may use it, nobody else.
 *
 * It never gets in the way of delivery: pages are small, one question is answered after the other, time and size of
 * requests are bounded. A socket file left by a process that was killed is replaced: who serves holds the outbox's lock.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { chmod, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, describeError } from '../platform/errors.ts';
import type { LogLevel } from '../platform/log-levels.ts';
import { levelWish, type LevelDocument } from './control-level.ts';
import { boundedFastify } from './http.ts';

/** Answers what the commands ask. Each may reject with a CodedError, which reaches the command with its code. */
export interface ControlSource {
  status(): Promise<object>;
  /** One page of what waits. */
  waiting(page: ControlPage): Promise<object>;
  /** One page of what is quarantined. */
  quarantine(page: ControlPage): Promise<object>;
  /** What was counted by fingerprint while the outbox was full, whole. */
  coalesced(): Promise<object>;
  gathered(): Promise<object>;
  requeue(eventIds: readonly string[]): Promise<object>;
  /** What became of the pods of this name lately. Absent where no agent runs. */
  explain?(namespace: string, name: string): Promise<object>;
  /** Absent where no agent runs. */
  logLevel?(): Promise<LevelDocument>;
  /** For `forMs`; `reset` goes back at once. Absent where no agent runs. */
  changeLogLevel?(level: LogLevel | 'reset', forMs: number): Promise<LevelDocument>;
  /** Absent where no agent runs. */
  support?(): Promise<SupportDocument>;
}

/** Files of a support bundle, by name. */
export interface SupportDocument {
  readonly texts: Readonly<Record<string, string>>;
  /** Base64. */
  readonly binaries: Readonly<Record<string, string>>;
}

export interface ControlPage {
  /** Places greater than this one; 0 for the first. */
  readonly after: number;
  readonly limit: number;
  /** With each event's wire bytes. */
  readonly bodies: boolean;
}

/** Most events of a page, most ids of one request to requeue: some ms of the outbox's time. */
export const CONTROL_PAGE_EVENTS = 200;
export const CONTROL_REQUEUE_IDS = 200;

const MOST_CONNECTIONS = 8;
const REQUEUE_BYTES = 64 * 1024;
const LONGEST_ID = 256;
/** Of Kubernetes: a DNS subdomain. */
const LONGEST_NAME = 253;
/** The kernel's limit is 107 bytes; a longer path would be cut, or refused, depending on who is asked. */
const LONGEST_PATH_BYTES = 100;

export function controlSocketPath(dir: string): string {
  return join(dir, 'control.sock');
}

export interface ControlServer {
  close(): Promise<void>;
}

/** Serves `source` at the socket of `dir`. Rejects with CONTROL_UNAVAILABLE. */
export async function serveControl(source: ControlSource, dir: string): Promise<ControlServer> {
  const path = controlSocketPath(dir);
  // Made under another name: nobody can connect before its mode is set, and a stale one is replaced at once.
  const fresh = `${path}.${process.pid}`;
  const app = buildControl(source);
  try {
    if (Buffer.byteLength(fresh) > LONGEST_PATH_BYTES) throw new Error('its path is too long for a socket');
    await rm(fresh, { force: true });
    await app.listen({ path: fresh });
    await chmod(fresh, 0o600);
    await rename(fresh, path);
  } catch (cause) {
    await app.close();
    await rm(fresh, { force: true }).catch(() => undefined);
    throw new CodedError('CONTROL_UNAVAILABLE', `${path}: ${describeError(cause).message}`, { cause });
  }
  return {
    close: async () => {
      await rm(path, { force: true });
      await app.close();
    },
  };
}

/** The routes, as the commands ask them (control-client.ts). */
export function buildControl(source: ControlSource): FastifyInstance {
  const app = boundedFastify();
  app.server.maxConnections = MOST_CONNECTIONS;
  // A scope of its own, since its errors are told otherwise than those of the open listener.
  app.register((scope, _options, done) => {
    scope.setErrorHandler(answerError);
    addRoutes(scope, source);
    addAgent(scope, source);
    done();
  });
  return app;
}

function answerError(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof CodedError) return reply.code(503).send({ code: error.code, detail: error.detail });
  const { statusCode = 500, message = '' } = error as { statusCode?: number; message?: string };
  return reply.code(statusCode).send({ code: 'INTERNAL', detail: statusCode < 500 ? message : 'the agent failed' });
}

/** No schemas: their compiler is left out of the bundle (tools/left-out.ts). */
function addRoutes(app: FastifyInstance, source: ControlSource): void {
  const inTurn = turns();
  app.get('/v1/outbox', () => inTurn(() => source.status()));
  app.get('/v1/outbox/waiting', ({ query }) => {
    const page = pageOf(query);
    return inTurn(() => source.waiting(page));
  });
  app.get('/v1/outbox/quarantine', ({ query }) => {
    const page = pageOf(query);
    return inTurn(() => source.quarantine(page));
  });
  app.get('/v1/outbox/coalesced', () => inTurn(() => source.coalesced()));
  app.get('/v1/outbox/gathered', () => inTurn(() => source.gathered()));
  app.post('/v1/outbox/requeue', { bodyLimit: REQUEUE_BYTES }, ({ body }) => {
    const eventIds = eventIdsOf(body);
    return inTurn(() => source.requeue(eventIds));
  });
}

/** What only an agent can answer. */
function addAgent(app: FastifyInstance, source: ControlSource): void {
  app.get('/v1/explain', ({ query }) => {
    const { namespace, name } = query as { readonly namespace?: unknown; readonly name?: unknown };
    if (!isName(namespace) || !isName(name)) throw new BadRequest('namespace and name of a pod are needed');
    return source.explain?.(namespace, name);
  });
  app.get('/v1/log-level', () => source.logLevel?.());
  app.post('/v1/log-level', ({ body }) => {
    const wish = levelWish(body);
    if (wish === undefined) throw new BadRequest('level and for_ms, from a second to a day, are needed');
    return source.changeLogLevel?.(wish.level, wish.forMs);
  });
  const inTurn = turns();
  app.get('/v1/support', () => inTurn(async () => source.support?.()));
}

const isName = (text: unknown): text is string =>
  typeof text === 'string' && text !== '' && text.length <= LONGEST_NAME;

/** Answered with 400 and the message. */
class BadRequest extends Error {
  readonly statusCode = 400;
}

function pageOf(query: unknown): ControlPage {
  const given = { after: '0', limit: String(CONTROL_PAGE_EVENTS), bodies: 'false', ...(query as object) };
  for (const name of Object.keys(given)) {
    if (!['after', 'limit', 'bodies'].includes(name)) throw new BadRequest(`${name} is no parameter of a page`);
  }
  return {
    after: wholeNumber('after', given.after, 0, Number.MAX_SAFE_INTEGER),
    limit: wholeNumber('limit', given.limit, 1, CONTROL_PAGE_EVENTS),
    bodies: given.bodies === 'true',
  };
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  throw new BadRequest(`${name} is no whole number from ${least} to ${most}`);
}

function eventIdsOf(body: unknown): readonly string[] {
  const ids: unknown = typeof body === 'object' && body !== null && 'event_ids' in body ? body.event_ids : undefined;
  const isInBounds = Array.isArray(ids) && ids.length > 0 && ids.length <= CONTROL_REQUEUE_IDS;
  if (!isInBounds || !ids.every(isEventId)) {
    throw new BadRequest(`event_ids is no list of 1 to ${CONTROL_REQUEUE_IDS} event ids`);
  }
  return ids;
}

const isEventId = (id: unknown): id is string => typeof id === 'string' && id !== '' && id.length <= LONGEST_ID;

/** One after the other, whatever becomes of those before. */
function turns(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const turn = last.then(task);
    last = turn.catch(() => undefined);
    return turn;
  };
}
