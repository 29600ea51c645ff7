/**
 * The protected listener: status page, profiles in pprof's format, traces of pods. Off unless asked for; on loopback, or
 * behind a token that is compared in constant time. Without a token it answers to loopback's own names alone, so that no web page
 * in a browser on the same machine can read it by a name that was made to lead here (DNS rebinding). One profile at a time. A heap snapshot holds whatever is in memory,
 * secrets too: it has a switch of its own, is streamed and never kept.
 */
import { timingSafeEqual, createHash } from 'node:crypto';
import { getHeapSnapshot } from 'node:v8';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Clock } from '../platform/clock.ts';
import { isLoopback } from '../platform/url-guard.ts';
import { boundedFastify, type ServerTls } from './http.ts';
import type { Profiler } from './profiler.ts';
import { activity } from './runtime-activity.ts';
import { maySnapshot } from './snapshot-allowed.ts';
import type { StatusSource } from './status.ts';
import { statusPage } from './status-page.ts';

export interface DebugOptions {
  readonly clock: Clock;
  /** The token callers must send as `Authorization: Bearer …`; undefined where the listener is on loopback only. */
  readonly token: (() => string) | undefined;
  readonly profiler: Profiler;
  /** True where heap snapshots may be taken. */
  readonly heapSnapshots: boolean;
  readonly status: StatusSource;
  /** What became of the pods of this name lately. */
  readonly explain: (namespace: string, name: string) => object;
  readonly tls?: ServerTls;
}

const LONGEST_PROFILE_SECONDS = 120;

const INDEX = `profile?seconds=N   CPU, for go tool pprof
heap                what is held on the heap, sampled; for go tool pprof
goroutine           what Node waits for, and how busy its event loop is; JSON
heapsnapshot        everything on the heap, for Chrome DevTools: holds secrets, needs --debug-heap-snapshots=true
`;

/** No scripts, nothing from elsewhere, in no frame of another. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function buildDebug(options: DebugOptions): FastifyInstance {
  const app = boundedFastify(options.tls);
  // A profile takes as long as it was asked to: longer than a listener for strangers would wait.
  app.server.requestTimeout = 0;
  app.server.setTimeout(0);
  app.addHook('onRequest', async (request, reply) => {
    if (options.token !== undefined && !isBearer(request.headers.authorization, options.token())) {
      await reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'unauthorized' });
    } else if (options.token === undefined && !isLoopbackName(request.headers.host)) {
      await reply
        .code(421)
        .send({ error: 'ask by 127.0.0.1 or localhost, or start the agent with --debug-token-file' });
    }
  });
  serveStatus(app, options);
  serveProfiles(app, options);
  app.get<{ Querystring: { pod?: string } }>('/debug/explain', (request, reply) => {
    const [, namespace, name] = /^([^/]+)\/([^/]+)$/.exec(request.query.pod ?? '') ?? [];
    if (namespace === undefined || name === undefined) return reply.code(400).send({ error: 'ask ?pod=NAMESPACE/POD' });
    return reply.send(options.explain(namespace, name));
  });
  return app;
}

function serveStatus(app: FastifyInstance, { status }: DebugOptions): void {
  app.get('/status', (_request, reply) => reply.header('cache-control', 'no-store').send(status()));
  app.get('/', (_request, reply) =>
    reply
      .headers({
        'cache-control': 'no-store',
        'content-security-policy': PAGE_POLICY,
        'referrer-policy': 'no-referrer',
      })
      .header('x-content-type-options', 'nosniff')
      .type('text/html; charset=utf-8')
      .send(statusPage(status())),
  );
}

function serveProfiles(app: FastifyInstance, { clock, profiler, heapSnapshots }: DebugOptions): void {
  const oneAtATime = gate();
  const pprof = (reply: FastifyReply, name: string, work: () => Promise<Buffer>): Promise<unknown> =>
    oneAtATime(reply, async () => {
      const profile = await work();
      reply.header('content-disposition', `attachment; filename="${name}.pb.gz"`).type('application/octet-stream');
      return profile;
    });
  app.get('/debug/pprof/', (_request, reply) => reply.type('text/plain').send(INDEX));
  app.get<{ Querystring: { seconds?: string } }>('/debug/pprof/profile', (request, reply) =>
    pprof(reply, 'profile', () => profiler.cpu(secondsOf(request.query.seconds, 10))),
  );
  app.get('/debug/pprof/heap', (_request, reply) => pprof(reply, 'heap', () => profiler.heap()));
  app.get('/debug/pprof/goroutine', async (_request, reply) => reply.send(await activity(clock)));
  app.get('/debug/pprof/heapsnapshot', (_request, reply) => {
    const memory = { availableBytes: process.availableMemory(), heapUsedBytes: process.memoryUsage().heapUsed };
    const decision = maySnapshot(heapSnapshots, memory);
    if (!decision.allowed)
      return reply.code(decision.reason === 'switched-off' ? 403 : 503).send(refusals[decision.reason]);
    reply.header('content-disposition', 'attachment; filename="watcher.heapsnapshot"').type('application/octet-stream');
    return oneAtATime(reply, () => Promise.resolve(getHeapSnapshot()));
  });
}

const refusals = {
  'switched-off': { error: 'heap snapshots hold secrets and are off: --debug-heap-snapshots=true allows them' },
  'not-enough-memory': { error: 'a snapshot needs twice the heap and there is not that much: try /debug/pprof/heap' },
} as const;

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

/** Whether a Host header names loopback. */
export function isLoopbackName(host: string | undefined): boolean {
  const url = URL.parse(`http://${host ?? ''}/`);
  return url !== null && isLoopback(url);
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
