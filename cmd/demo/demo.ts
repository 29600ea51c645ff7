/**
 * The demo from beginning to end: start the parts in order, let things happen, look at what the plane received, say so,
 * stop the parts in the opposite order, whatever happened.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../../internal/config/environment.ts';
import { sleep, type Clock } from '../../internal/platform/clock.ts';
import type { Random } from '../../internal/platform/random.ts';
import { startAgent, type RunningAgent } from './agent.ts';
import { agentSettings } from './agent-settings.ts';
import { collect } from './collect.ts';
import { startDemoCluster } from './start-cluster.ts';
import type { DemoCluster } from './demo-cluster.ts';
import type { DemoOptions } from './options.ts';
import { startPlane, type DemoPlane } from './plane.ts';
import { DemoProblem } from './problem.ts';
import { createProgress, type Step, type Terminal } from './progress.ts';
import { renderNext } from './next.ts';
import { renderOutcome } from './report.ts';
import { startRestate, type DemoRestate } from './restate.ts';
import { spanText } from '../../internal/platform/table.ts';
import { judge, type Received } from './verdict.ts';

export interface Ambient {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly random: Random;
  readonly terminal: Terminal;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
}

interface Parts {
  readonly restate: DemoRestate;
  readonly plane: DemoPlane;
  readonly cluster: DemoCluster;
  readonly agent: RunningAgent;
}

/** True where everything arrived that should, once, and nothing else. Throws DemoProblem. */
export async function runDemo(options: DemoOptions, ambient: Ambient): Promise<boolean> {
  const { clock, terminal } = ambient;
  const startedMs = clock.monotonicMs();
  await using stack = new AsyncDisposableStack();
  const parts = await startParts(options, ambient, stack);
  const isGood = await showWhatHappens(parts, ambient);
  terminal.write(`Took ${spanText(clock.monotonicMs() - startedMs)}.\n`);
  if (options.isKept) await keep(parts, ambient);
  else terminal.write(`\n${renderNext(options, terminal.paint)}`);
  return isGood;
}

async function startParts(options: DemoOptions, ambient: Ambient, stack: AsyncDisposableStack): Promise<Parts> {
  const { clock, random, terminal, environment, signal } = ambient;
  terminal.write(`${terminal.paint.strong('Starting')}\n`);
  const step = interruptible(createProgress(terminal, clock), signal);
  const folder = mkdtempSync(path.join(tmpdir(), 'watcher-demo-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const clusterId = options.restate === undefined ? 'demo' : `demo-${random.hex(4)}`;
  const restate = await step('Restate server', () => startRestate(options.restate));
  stack.defer(restate.stop);
  const plane = await step('reference plane', () => startPlane(restate, clusterId));
  stack.defer(plane.stop);
  const cluster = await step(`${options.cluster} cluster`, () => startDemoCluster(options, { clock, folder }));
  stack.defer(cluster.stop);
  const agent = await step('agent', async () => {
    const settings = agentSettings({ options, environment, ingressUrl: restate.ingressUrl, clusterId, cluster });
    const value = await startAgent({ ...settings, clock, folder });
    return { value, note: `${value.name}, ${value.url}` };
  });
  stack.defer(async () => {
    await agent.stop();
  });
  return { restate, plane, cluster, agent };
}

/** No further part is started once the user wants to stop. A part that is being started is finished, so that it can be stopped. */
function interruptible(step: Step, signal: AbortSignal): Step {
  return async (name, work) => {
    if (signal.aborted) throw new DemoProblem('INTERRUPTED', 'stopped before everything was started');
    return step(name, work);
  };
}

async function showWhatHappens(parts: Parts, ambient: Ambient): Promise<boolean> {
  const { plane, cluster, agent } = parts;
  const { clock, signal, terminal } = ambient;
  const { paint, write } = terminal;
  const { expectations, silences } = cluster;
  write(`\n${paint.strong('Letting things happen')}\n`);
  await cluster.play((what) => write(`  ${what}\n`), signal);
  if (signal.aborted) throw new DemoProblem('INTERRUPTED', 'stopped before everything had happened');
  const { patienceMs } = cluster;
  const isOver = agent.hasEnded;
  const received = await collect({ expectations, silences, patienceMs, ask: plane.received, isOver, clock, signal });
  if (agent.hasEnded()) throw new DemoProblem('AGENT_FAILED', `the agent ended by itself\n${agent.lastLines()}`);
  const verdict = judge(expectations, silences, received);
  const afterMs = (event: Received): number | undefined => {
    const expectation = verdict.arrived.find((one) => one.event === event)?.expectation;
    const happenedMs = expectation === undefined ? event.occurredAtMs : cluster.happenedMs(expectation);
    return happenedMs === undefined ? undefined : event.receivedAtMs - happenedMs;
  };
  write(`\n${renderOutcome({ verdict, received, silences, afterMs, paint })}`);
  return expectations.length === 0 || verdict.isGood;
}

/** Leaves everything running until the user wants to stop. */
async function keep({ restate, cluster, agent }: Parts, { terminal, clock, signal }: Ambient): Promise<void> {
  const statusUrl = agent.statusUrl();
  const places = [
    ...(statusUrl === undefined ? [] : [['status page', `${statusUrl}/`]]),
    ['health', `${agent.url}/readyz`],
    ['metrics', `${agent.url}/metrics`],
    ['ingress', restate.ingressUrl],
    ['Restate admin', restate.adminUrl],
    ...(cluster.kubeconfig === undefined ? [] : [['kubectl', `KUBECONFIG=${cluster.kubeconfig} kubectl get pods -A`]]),
    ['stop', `Ctrl-C, or kill ${process.pid}`],
  ];
  terminal.write(`\n${terminal.paint.strong('Left running')}\n`);
  for (const [name = '', place = ''] of places) terminal.write(`  ${name.padEnd(14)}  ${place}\n`);
  while (!signal.aborted && !agent.hasEnded()) await sleep(clock, 500, signal);
  if (!signal.aborted) throw new DemoProblem('AGENT_FAILED', `the agent ended by itself\n${agent.lastLines()}`);
}
