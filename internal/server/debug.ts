/**
 * The protected listener: status page, profiles in pprof's format, traces of pods. Off unless asked for; on loopback, or
 * behind a token that is compared in constant time. Without a token it answers to loopback's own names alone, so that no web page
 * in a browser on the same machine can read it by a name that was made to lead here (DNS rebinding).
 */
import { timingSafeEqual, createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../platform/url-guard.ts';
import { boundedFastify, type ServerTls } from './http.ts';
import { LONGEST_PROFILE_MS, serveProfiles, type ProfileOptions } from './debug-profiles.ts';
import type { StatusSource } from './status.ts';
import { statusPage } from './status-page.ts';

export interface DebugOptions extends ProfileOptions {
  /** The token callers must send as `Authorization: Bearer …`; undefined where the listener is on loopback only. */
  readonly token: (() => string) | undefined;
  readonly status: StatusSource;
  /** What became of the pods of this name lately. */
  readonly explain: (namespace: string, name: string) => object;
  readonly tls?: ServerTls;
}

/** A connection on which nothing moves, such as that of somebody who stopped reading a snapshot, is cut after it. */
const IDLE_MS = LONGEST_PROFILE_MS + 30_000;

/** No scripts, nothing from elsewhere, in no frame of another. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function buildDebug(options: DebugOptions): FastifyInstance {
  const app = boundedFastify(options.tls);
  // A profile takes as long as it was asked to: longer than a listener for strangers would wait.
  app.server.setTimeout(IDLE_MS);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' });
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
      .type('text/html; charset=utf-8')
      .send(statusPage(status())),
  );
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
