/**
 * Profiles of this process over HTTP, in pprof's format. One at a time, and one whose caller went away ends then. A heap
 * snapshot holds whatever is in memory, secrets too: it has a switch of its own, is streamed and never kept. A page of
 * another site can't read an answer, and is refused so that it can't cost CPU and memory either.
 */
import { getHeapSnapshot } from 'node:v8';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../platform/clock.ts';
import type { Profiler } from './profiler.ts';
import { activity } from './runtime-activity.ts';
import { maySnapshot } from './snapshot-allowed.ts';

export interface ProfileOptions {
  readonly clock: Clock;
  readonly profiler: Profiler;
  /** True where heap snapshots may be taken. */
  readonly heapSnapshots: boolean;
}

const LONGEST_PROFILE_SECONDS = 120;
export const LONGEST_PROFILE_MS = LONGEST_PROFILE_SECONDS * 1000;

const INDEX = `profile?seconds=N   CPU, for go tool pprof
heap                what is held on the heap, sampled; for go tool pprof
goroutine           what Node waits for, and how busy its event loop is; JSON
heapsnapshot        everything on the heap, for Chrome DevTools: holds secrets, needs --debug-heap-snapshots=true
`;

/** Who asks for the head alone shall not cost a profile. */
const noHead = { exposeHeadRoute: false } as const;

export function serveProfiles(app: FastifyInstance, { clock, profiler, heapSnapshots }: ProfileOptions): void {
  const oneAtATime = gate();
  const pprof = (request: FastifyRequest, reply: FastifyReply, name: string, work: Work<Buffer>): Promise<unknown> =>
    oneAtATime(request, reply, async (gone) => {
      const profile = await work(gone);
      reply.header('content-disposition', `attachment; filename="${name}.pb.gz"`).type('application/octet-stream');
      return profile;
    });
  app.get('/debug/pprof/', (_request, reply) => reply.type('text/plain').send(INDEX));
  app.get<{ Querystring: { seconds?: string } }>('/debug/pprof/profile', noHead, (request, reply) =>
    pprof(request, reply, 'profile', (gone) => profiler.cpu(secondsOf(request.query.seconds, 10), gone)),
  );
  app.get('/debug/pprof/heap', noHead, (request, reply) => pprof(request, reply, 'heap', () => profiler.heap()));
  app.get('/debug/pprof/goroutine', noHead, async (_request, reply) => reply.send(await activity(clock)));
  app.get('/debug/pprof/heapsnapshot', noHead, (request, reply) => {
    const memory = { availableBytes: process.availableMemory(), heapUsedBytes: process.memoryUsage().heapUsed };
    const decision = maySnapshot(heapSnapshots, memory);
    if (!decision.allowed) return reply.code(decision.reason === 'switched-off' ? 403 : 503).send(refusal(decision));
    reply.header('content-disposition', 'attachment; filename="watcher.heapsnapshot"').type('application/octet-stream');
    return oneAtATime(request, reply, () => Promise.resolve(getHeapSnapshot()));
  });
}

const MIB = 1024 * 1024;

function refusal(decision: Exclude<ReturnType<typeof maySnapshot>, { readonly allowed: true }>): { error: string } {
  if (decision.reason === 'switched-off')
    return { error: 'heap snapshots hold secrets and are off: --debug-heap-snapshots=true allows them' };
  const [needed, available] = [decision.neededBytes, decision.availableBytes].map((bytes) => Math.ceil(bytes / MIB));
  return { error: `a snapshot may need ${needed} MiB and ${available} MiB are left: try /debug/pprof/heap` };
}

/** `gone` is aborted when the caller went away. */
type Work<Result> = (gone: AbortSignal) => Promise<Result>;
type Gate = (request: FastifyRequest, reply: FastifyReply, work: Work<unknown>) => Promise<unknown>;

/** Runs one profile at a time; free again when its work has ended and its answer has been sent, streamed ones to their end. */
function gate(): Gate {
  let isBusy = false;
  return async (request, reply, work) => {
    if (isOfAnotherSite(request)) return reply.code(403).send({ error: 'no profiles for pages of other sites' });
    if (isBusy) return reply.code(429).send({ error: 'another profile is being taken' });
    isBusy = true;
    const gone = new AbortController();
    const closed = new Promise<void>((resolve) => (reply.raw.closed ? resolve() : reply.raw.once('close', resolve)));
    void closed.then(() => gone.abort());
    const worked = work(gone.signal);
    void Promise.allSettled([worked, closed]).then(() => (isBusy = false));
    return reply.send(await worked);
  };
}

/** By what browsers say of where a request comes from (Fetch Metadata); other programs say nothing. */
function isOfAnotherSite({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}

/** A whole or broken number of seconds within bounds; what is no number gives the default. */
export function secondsOf(text: string | undefined, fallback: number): number {
  const seconds = Number(text ?? fallback);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, LONGEST_PROFILE_SECONDS) : fallback;
}
