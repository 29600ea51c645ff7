/**
 * A storm: every pod of a cluster fails at once, while the agent watches and before it is started. What is measured is how
 * late its event loop runs meanwhile (prom-client's own measure, reset at each scrape), since a loop that stands still
 * answers no probe and renews no Lease.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { program, startAgent, type Program, type RunningAgent } from '../../cmd/demo/agent.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import type { Bench, BenchContext } from './bench.ts';
import { startFleet, type Fleet } from './fleet.ts';
import { unbuilt } from './subjects.ts';

const AIM_MS = 50;
const TELL_WITHIN_MS = 120_000;

export const storm: Bench = {
  name: 'storm',
  about:
    'All of 5,000 pods fail within a second: how late the event loop of the agent runs until the plane has all, 99 of 100\n' +
    'times at most; once while it watches, once when it begins to. Baseline: the aim.',
  unavailable: () => Promise.resolve(unbuilt()),
  run: async (context) => {
    const pods = context.isQuick ? 1_000 : 5_000;
    const { live, first } = await measureStorm(pods, context);
    return [
      { what: `event loop late, p99, ${pods} fail at once`, value: live.p99Ms, baseline: AIM_MS, unit: 'ms' },
      { what: '  the latest', value: live.mostMs, unit: 'ms' },
      { what: `event loop late, p99, first sync of ${pods} failing`, value: first.p99Ms, baseline: AIM_MS, unit: 'ms' },
      { what: '  the latest', value: first.mostMs, unit: 'ms' },
    ];
  },
};

/** How late the event loop ran. */
export interface Lateness {
  readonly p99Ms: number;
  readonly mostMs: number;
}

/** Takes `pods` failures live, and again as the first thing an agent sees. */
export async function measureStorm(
  pods: number,
  { say }: Pick<BenchContext, 'say'>,
  agentProgram: Program = program(),
): Promise<{ readonly live: Lateness; readonly first: Lateness }> {
  await using fleet = await startFleet(pods);
  const live = await measure(fleet, pods, agentProgram, 'live');
  say(`${pods} failures told live, the event loop at most ${live.mostMs.toFixed(0)} ms late`);
  const first = await measure(fleet, pods, agentProgram, 'first');
  say(`${pods} failures told at the first sync, the event loop at most ${first.mostMs.toFixed(0)} ms late`);
  return { live, first };
}

async function measure(fleet: Fleet, pods: number, agentProgram: Program, when: 'live' | 'first'): Promise<Lateness> {
  await using plane = await startCountingPlane();
  await using agent = await start(fleet, plane.url, agentProgram);
  if (when === 'live') {
    await latenessOf(agent);
    await fleet.send({ command: 'fail', rate: pods });
  }
  await plane.received(pods);
  await fleet.send({ command: 'fail', rate: 0 });
  return await latenessOf(agent);
}

interface Subject extends RunningAgent, AsyncDisposable {}

/** Its start-up is not measured: the first scrape, as soon as it can be asked, begins the measure anew. */
async function start(fleet: Fleet, planeUrl: string, agentProgram: Program): Promise<Subject> {
  const flags = {
    ...{ kubeconfig: fleet.kubeconfig, 'restate-url': planeUrl, 'cluster-id': 'storm', 'leader-elect': 'false' },
    ...{ 'watch-namespace-mode': 'all', 'http-listen': '127.0.0.1:0', 'batch-size': '1000' },
  };
  const onLine = (line: string): void => {
    const port = line.includes('serving health and metrics') ? /"port":(\d+)/.exec(line)?.[1] : undefined;
    if (port !== undefined) void fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text());
  };
  const environment = { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'], LANG: 'C' };
  const agent = await startAgent({ clock: systemClock(), environment, program: agentProgram, flags, onLine });
  return {
    ...agent,
    [Symbol.asyncDispose]: async () => {
      await agent.stop();
    },
  };
}

async function latenessOf({ url }: RunningAgent): Promise<Lateness> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const read = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN) * 1000;
  return { p99Ms: read('nodejs_eventloop_lag_p99_seconds'), mostMs: read('nodejs_eventloop_lag_max_seconds') };
}

interface CountingPlane extends AsyncDisposable {
  readonly url: string;
  /** Resolves once so many events have come. */
  readonly received: (wanted: number) => Promise<void>;
}

/** Takes everything, looks for event ids, and answers `{}`. */
async function startCountingPlane(): Promise<CountingPlane> {
  const ids = new Set<string>();
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      for (const [, id] of body.toString().matchAll(/"event_id":"([^"]+)"/g)) if (id !== undefined) ids.add(id);
      response.writeHead(200, { 'content-type': 'application/json', 'x-restate-id': 'inv_1' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: async (wanted) => {
      const deadlineMs = performance.now() + TELL_WITHIN_MS;
      while (ids.size < wanted) {
        if (performance.now() > deadlineMs) throw new Error(`only ${ids.size} of ${wanted} failures were told`);
        await sleep(20);
      }
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
