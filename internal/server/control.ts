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
import { boundedFastify } from './http.ts';

/** Answers what the commands ask. Each may reject with a CodedError, which reaches the command with its code. */
export interface ControlSource {
  status(): Promise<object>;
  /** One page of what waits. */
  waiting(page: ControlPage): Promise<object>;
  /** One page of what is quarantined. */
  quarantine(page: ControlPage): Promise<object>;
  requeue(eventIds: readonly string[]): Promise<object>;
  /** What became of the pods of this name lately. Absent where no agent runs. */
  explain?(namespace: string, name: string): Promise<object>;
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
    addExplain(scope, source);
    done();
  });
  return app;
}

function answerError(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof CodedError) return reply.code(503).send({ code: error.code, detail: error.detail });
  const { statusCode = 500, message = '' } = error as { statusCode?: number; message?: string };
  return reply.code(statusCode).send({ code: 'INTERNAL', detail: statusCode < 500 ? message : 'the agent failed' });
}

function addRoutes(app: FastifyInstance, source: ControlSource): void {
  const inTurn = turns();
  app.get('/v1/outbox', () => inTurn(() => source.status()));
  app.get<PageRoute>('/v1/outbox/waiting', { schema: pageSchema }, ({ query }) => inTurn(() => source.waiting(query)));
  app.get<PageRoute>('/v1/outbox/quarantine', { schema: pageSchema }, ({ query }) =>
    inTurn(() => source.quarantine(query)),
  );
  app.post<RequeueRoute>('/v1/outbox/requeue', { schema: requeueSchema, bodyLimit: REQUEUE_BYTES }, ({ body }) =>
    inTurn(() => source.requeue(body.event_ids)),
  );
}

function addExplain(app: FastifyInstance, source: ControlSource): void {
  app.get<ExplainRoute>('/v1/explain', { schema: explainSchema }, ({ query }) =>
    source.explain?.(query.namespace, query.name),
  );
}

interface ExplainRoute {
  Querystring: { readonly namespace: string; readonly name: string };
}

const nameSchema = { type: 'string', minLength: 1, maxLength: 253 };
const explainSchema = {
  querystring: {
    type: 'object',
    additionalProperties: false,
    required: ['namespace', 'name'],
    properties: { namespace: nameSchema, name: nameSchema },
  },
};

interface PageRoute {
  Querystring: ControlPage;
}

interface RequeueRoute {
  Body: { readonly event_ids: readonly string[] };
}

const pageSchema = {
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      after: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
      limit: { type: 'integer', minimum: 1, maximum: CONTROL_PAGE_EVENTS, default: CONTROL_PAGE_EVENTS },
      bodies: { type: 'boolean', default: false },
    },
  },
};

const requeueSchema = {
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['event_ids'],
    properties: {
      event_ids: {
        type: 'array',
        minItems: 1,
        maxItems: CONTROL_REQUEUE_IDS,
        items: { type: 'string', minLength: 1, maxLength: 256 },
      },
    },
  },
};

/** One after the other, whatever becomes of those before. */
function turns(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const turn = last.then(task);
    last = turn.catch(() => undefined);
    return turn;
  };
}
