/**
 * Replicas of one agent: processes that share a Lease, each with a data directory and a way to the plane of its own, as
 * pods of a Deployment have them.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLine } from '../support/agent-process.ts';
import { until } from '../support/e2e-until.ts';
import type { ChaosAgent } from './chaos-agent.ts';
import type { PlaneDoor } from './plane-door.ts';
import type { AgentWishes, Rig } from './rig.ts';
import type { ChaosCluster } from './simulated-cluster.ts';

/** A fifth of the usual times: what is to be seen happens five times as often. */
export const quickLease = ['--lease-duration=3s', '--lease-renew-deadline=2s', '--lease-retry=400ms'];

const BATCH_FLUSH = '--batch-flush=100ms';
const WITHIN_MS = 60_000;

export interface Replica {
  readonly name: string;
  readonly agent: ChaosAgent;
  readonly door: PlaneDoor;
  readonly dataDir: string;
}

/** A replica that has synced and follows or leads. */
export async function startReplica<Cluster extends ChaosCluster>(
  rig: Rig<Cluster>,
  name: string,
  { args = [], ...wishes }: AgentWishes = {},
): Promise<Replica> {
  const door = await rig.openDoor();
  const identity = ['--leader-elect=true', `--pod-name=${name}`, '--pod-namespace=default'];
  const dataDir = path.join(rig.folder, `data-of-${name}`);
  const agent = rig.agent(door, { dataDir, ...wishes, args: [BATCH_FLUSH, ...identity, ...args] });
  await agent.start();
  await ready(agent);
  return { name, agent, door, dataDir };
}

export async function ready(agent: ChaosAgent): Promise<void> {
  const ended = agent.process.exited.then(({ code, signal }) => {
    throw new Error(`the replica ended (${code ?? signal ?? '?'}): ${agent.process.transcript()}`);
  });
  const isReady = async (): Promise<boolean> => (await agent.get('/readyz')).includes('"status":"ok"');
  ended.catch(() => undefined);
  await Promise.race([until('the replica is ready', isReady, WITHIN_MS), ended]);
}

export function isLeading({ agent }: Replica): boolean {
  return agent.process.lines.findLast(tellsOfLead)?.msg === 'leading';
}

const tellsOfLead = ({ msg }: LogLine): boolean => msg === 'leading' || msg === 'leading no more';

/** The one that leads, and one that does not. */
export async function leaderOf(replicas: readonly Replica[]): Promise<{ leader: Replica; follower: Replica }> {
  const leader = await until('a replica leads', () => replicas.find(isLeading), WITHIN_MS);
  const follower = replicas.find((one) => one !== leader);
  if (follower === undefined) throw new Error('there is one replica only');
  return { leader, follower };
}

/** The next line `msg` from now on, which this process has not said before. */
export function nextLine({ agent }: Replica, msg: string, withinMs = WITHIN_MS): Promise<LogLine> {
  const said = new Set(agent.process.lines);
  return agent.process.line((line) => line.msg === msg && !said.has(line), withinMs);
}

/** When a line was written, Ms since the epoch, by the replica's own clock. */
export function atMs(line: LogLine | undefined): number {
  return Date.parse(String(line?.['time']));
}

/** Decisions that tell: of failures, of their ends, of what was silenced. */
const TELLING = ['append', 'resolve', 'summarise'].map((decision) => `decision="${decision}"`);

/** What a replica has decided to tell so far. */
export async function toldBy({ agent }: Pick<Replica, 'agent'>): Promise<number> {
  const text = await agent.get('/metrics');
  const lines = text.split('\n').filter((line) => line.startsWith('watcher_decisions_total{'));
  const own = lines.filter((line) => TELLING.some((decision) => line.includes(decision)));
  return own.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** Until nothing more arrives for `quietMs`. */
export async function quiet(count: () => number, quietMs: number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count();
    await sleep(quietMs);
  }
}
