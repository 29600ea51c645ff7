/**
 * The debug listener: /debug/pprof/* and /debug/explain. Off unless asked for, on loopback, or behind a token that is compared in constant
 * time. One profile at a time. Heap snapshots hold whatever is in memory, secrets too: they are streamed, never kept.
 */
import { timingSafeEqual, createHash } from 'node:crypto';
import { Session } from 'node:inspector/promises';
import { getHeapSnapshot } from 'node:v8';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { sleep, type Clock } from '../platform/clock.ts';
import { boundedFastify } from './http.ts';

export interface DebugOptions {
  readonly clock: Clock;
  /** The token callers must send as `Authorization: Bearer …`; undefined where the listener is on loopback only. */
  readonly token: (() => string) | undefined;
  /** What became of the pods of this name lately. */
  readonly explain?: (namespace: string, name: string) => object;
}

const LONGEST_PROFILE_SECONDS = 120;

export function buildDebug(options: DebugOptions): FastifyInstance {
  const app = boundedFastify();
  // A profile takes as long as it was asked to: longer than a listener for strangers would wait.
  app.server.requestTimeout = 0;
  app.server.setTimeout(0);
  app.addHook('onRequest', async (request, reply) => {
    if (options.token !== undefined && !isBearer(request.headers.authorization, options.token())) {
      await reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'unauthorized' });
    }
  });
  const oneAtATime = gate();
  app.get('/debug/pprof/', (_request, reply) =>
    reply.type('text/plain').send('profile?seconds=N\nheap?seconds=N\nheapsnapshot\n'),
  );
  app.get<{ Querystring: { seconds?: string } }>('/debug/pprof/profile', (request, reply) =>
    oneAtATime(reply, () => cpuProfile(options.clock, secondsOf(request.query.seconds, 10))),
  );
  app.get<{ Querystring: { seconds?: string } }>('/debug/pprof/heap', (request, reply) =>
    oneAtATime(reply, () => heapProfile(options.clock, secondsOf(request.query.seconds, 1))),
  );
  app.get('/debug/pprof/heapsnapshot', (_request, reply) =>
    oneAtATime(reply, () => Promise.resolve(getHeapSnapshot())),
  );
  app.get<{ Querystring: { pod?: string } }>('/debug/explain', (request, reply) => {
    const [, namespace, name] = /^([^/]+)\/([^/]+)$/.exec(request.query.pod ?? '') ?? [];
    if (namespace === undefined || name === undefined) return reply.code(400).send({ error: 'ask ?pod=NAMESPACE/POD' });
    return reply.send(options.explain?.(namespace, name) ?? []);
  });
  return app;
}

/** Runs one profile at a time; free again when its answer has been sent, streamed ones to their end. */
type Gate = (reply: FastifyReply, work: () => Promise<unknown>) => Promise<unknown>;

function gate(): Gate {
  let isBusy = false;
  return async (reply, work) => {
    if (isBusy) return reply.code(429).send({ error: 'another profile is being taken' });
    isBusy = true;
    const free = (): void => void (isBusy = false);
    reply.raw.once('close', free);
    try {
      return await reply.send(await work());
    } catch (error) {
      free();
      throw error;
    }
  };
}

/** Compares hashes, so that neither content nor length of the token shows in the time taken. */
export function isBearer(header: string | undefined, token: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return token !== '' && timingSafeEqual(hash(header ?? ''), hash(`Bearer ${token}`));
}

/** A whole or broken number of seconds within bounds; what is no number gives the default. */
export function secondsOf(text: string | undefined, fallback: number): number {
  const seconds = Number(text ?? fallback);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, LONGEST_PROFILE_SECONDS) : fallback;
}

async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const session = new Session();
  session.connect();
  try {
    return await work(session);
  } finally {
    session.disconnect();
  }
}

function cpuProfile(clock: Clock, seconds: number): Promise<unknown> {
  return withSession(async (session) => {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    await sleep(clock, seconds * 1000);
    const { profile } = await session.post('Profiler.stop');
    return profile;
  });
}

function heapProfile(clock: Clock, seconds: number): Promise<unknown> {
  return withSession(async (session) => {
    await session.post('HeapProfiler.enable');
    await session.post('HeapProfiler.startSampling', { samplingInterval: 32 * 1024 });
    await sleep(clock, seconds * 1000);
    const { profile } = await session.post('HeapProfiler.stopSampling');
    return profile;
  });
}
