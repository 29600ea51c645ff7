// The probe's handlers as services of the real Restate server.
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import {
  createEndpointHandler,
  handlers,
  object,
  TerminalError,
  type EndpointOptions,
  type ObjectContext,
} from '@restatedev/restate-sdk';
import { privateProbeHandlers, ProbeError, probeHandlers, type ProbeHandler } from './probe-handlers.ts';

export interface ProbeEndpoint {
  /** Where the Restate server finds it. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Serves object `Probe` on the loopback. */
export const startProbeEndpoint = (): Promise<ProbeEndpoint> => serveOnLoopback([probe()]);

/** Serves whatever a test makes up. */
export async function serveOnLoopback(services: EndpointOptions['services']): Promise<ProbeEndpoint> {
  const server = createServer(createEndpointHandler({ services, logger: () => undefined }));
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      for (const session of sessions) session.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function probe(): ReturnType<typeof object> {
  const open = Object.entries(probeHandlers).map(([name, handler]) => [name, adapted(handler, false)] as const);
  const hidden = [...privateProbeHandlers].map((name) => [name, adapted(() => 1, true)] as const);
  return object({
    name: 'Probe',
    handlers: Object.fromEntries([...open, ...hidden]),
    options: {
      journalRetention: 0,
      idempotencyRetention: { hours: 1 },
      retryPolicy: { initialInterval: 10, maxAttempts: 2, onMaxAttempts: 'kill' },
    },
  });
}

function adapted(
  handler: ProbeHandler,
  ingressPrivate: boolean,
): (context: ObjectContext, input: unknown) => Promise<unknown> {
  return handlers.object.exclusive({ ingressPrivate }, async (context: ObjectContext, input: unknown) => {
    const state = { count: (await context.get<number>('count')) ?? 0 };
    try {
      return await handler(state, input);
    } catch (error) {
      throw error instanceof ProbeError ? new TerminalError(error.message, { errorCode: error.status }) : error;
    } finally {
      context.set('count', state.count);
    }
  });
}
