/** What a soak runs on: the cluster, a real Restate server, the reference plane, two agents, and each one's way to the plane. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ChaosAgent, shippedProgram } from '../chaos/chaos-agent.ts';
import { openPlaneDoor, type PlaneDoor } from '../chaos/plane-door.ts';
import { startPlaneProcess, type PlaneProcess } from '../support/plane-process.ts';
import { startRestateServer, type RestateServer } from '../support/restate-server.ts';
import type { Pace } from './pace.ts';
import { CLUSTER_ID } from './shown.ts';
import { SoakAgent } from './soak-agent.ts';
import { MANAGED_LABEL } from './stage.ts';
import { startWorld, type World, type WorldListener } from './world.ts';

/** The plane's and the agents': remote settings win. */
export const COOLDOWN_MS = 180_000;

/** Storms come as digests. */
const DIGEST_THRESHOLD = '20';

export interface SoakRig extends AsyncDisposable {
  readonly world: World;
  readonly restate: RestateServer;
  readonly plane: PlaneProcess;
  readonly doors: readonly PlaneDoor[];
  /** Lives on from beginning to end. */
  readonly steady: SoakAgent;
  /** Is killed, told to end, and started again. */
  readonly hapless: SoakAgent;
}

export interface SoakRigOptions {
  readonly pace: Pace;
  /** Flags of both agents, after the usual ones. */
  readonly agentFlags: readonly string[];
  readonly listener: WorldListener;
  /** An agent did what it should not. */
  readonly onFault: (what: string) => void;
}

/** Starts all of it but the agents; disposing ends it. */
export async function startSoakRig({ pace, agentFlags, listener, onFault }: SoakRigOptions): Promise<SoakRig> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(path.join(tmpdir(), 'soak-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const restate = await startRestateServer();
  stack.defer(() => restate.stop());
  const keep = ['--keep-deliveries=1000000', `--cooldown=${COOLDOWN_MS / 1000}s`];
  const plane = await startPlaneProcess(restate.adminUrl, keep);
  stack.defer(() => plane.stop());
  const world = stack.use(await startWorld(listener));
  await shippedProgram();
  const doors: PlaneDoor[] = [];
  const agentCalled = async (name: string): Promise<SoakAgent> => {
    const door = stack.use(await openPlaneDoor(restate.ingressUrl));
    doors.push(door);
    const agent = new ChaosAgent({
      ...{ kubeconfig: world.kubeconfig, planeUrl: door.url, clusterId: CLUSTER_ID },
      dataDir: path.join(folder, `data-of-${name}`),
      args: [...flagsOf(name, pace), ...agentFlags],
      environment: { DIGEST_THRESHOLD },
    });
    return new SoakAgent(name, stack.use(agent), onFault);
  };
  const [steady, hapless] = [await agentCalled('steady'), await agentCalled('hapless')];
  const parts = { world, restate, plane, doors, steady, hapless };
  const started = stack.move();
  return { ...parts, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

const STUCK_FLAGS = [
  'stuck-pending-after',
  'unschedulable-after',
  'scheduling-gated-after',
  'stuck-creating-after',
  'stuck-init-after',
  'not-ready-after',
  'stuck-terminating-after',
  'node-not-ready-after',
];

function flagsOf(name: string, { stuckAfterMs, leaseFlags }: Pace): string[] {
  return [
    ...['--leader-elect=true', `--pod-name=${name}`, '--pod-namespace=default', ...leaseFlags],
    ...['--watch-namespace-mode=label', `--managed-ns-label=${MANAGED_LABEL}`, '--watch-idle-timeout=90s'],
    ...['--enabled-reasons=*', '--pin=enabled_reasons', '--digest-window=10s', '--kube-timeout=10s'],
    ...STUCK_FLAGS.map((flag) => `--${flag}=${stuckAfterMs}ms`),
  ];
}
