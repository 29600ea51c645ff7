/** The debug listener on a free port, with a profiler of its own; both end with the test. */
import type { TestContext } from 'node:test';
import { systemClock } from '../../internal/platform/clock.ts';
import { buildDebug } from '../../internal/server/debug.ts';
import { listen } from '../../internal/server/http.ts';
import { Profiler } from '../../internal/server/profiler.ts';
import { statusExample } from './status-example.ts';

export interface DebugListener {
  readonly token?: string | undefined;
  readonly profiler?: Profiler;
  readonly heapSnapshots?: boolean;
}

/** URL of the profiles. */
export async function serveDebug(t: TestContext, options: DebugListener = {}): Promise<string> {
  const clock = systemClock();
  const { token, profiler = new Profiler(clock), heapSnapshots = false } = options;
  profiler.start();
  const app = buildDebug({
    ...{ clock, profiler, heapSnapshots, status: () => statusExample, explain: () => ({}) },
    token: token === undefined ? undefined : () => token,
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await server.close();
    await profiler.stop();
  });
  return `http://127.0.0.1:${server.port}/debug/pprof`;
}
