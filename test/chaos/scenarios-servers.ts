/**
 * What the agent talks to goes wrong: the Restate server and the plane are killed in the middle of deliveries, and
 * connections are cut at random, those to the plane at any point of a request, those to the API server all at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fate, PlaneDoor } from './plane-door.ts';
import { startRig } from './rig.ts';
import type { Scenario, ScenarioRun } from './scenario.ts';

/** Of all requests to the plane. */
const CUT_SHARE = 0.35;
/** Deliveries cut in a row at most: at five the breaker opens for 30 s, which proves nothing about cuts. */
const CUTS_IN_A_ROW = 4;

interface Server {
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
}

type Rig = Awaited<ReturnType<typeof startRig>>;

function killing(id: string, fault: string, pick: (rig: Rig) => Server): Scenario {
  return {
    id,
    fault,
    run: async ({ form, progress }) => {
      await using rig = await startRig();
      const door = await rig.openDoor();
      const agent = rig.agent(door, { args: ['--batch-flush=100ms'] });
      await agent.start();
      await rig.failAndArrive(10);
      const times = form === 'long' ? 3 : 1;
      const recoveriesMs: number[] = [];
      await rig.cluster.setRate(200);
      const server = pick(rig);
      for (let killed = 0; killed < times; killed++) {
        await door.nextAccepted();
        await sleep(Math.random() * 500);
        await server.kill();
        await sleep(500);
        await server.start();
        const startedAtMs = performance.now();
        recoveriesMs.push((await door.nextAccepted()) - startedAtMs);
        progress(`${killed + 1} of ${times} kills`);
      }
      const totals = await rig.settle();
      return { ...totals, faultsInjected: times, recoveriesMs, note: '200 failures/s' };
    },
  };
}

/** Cuts requests at random points, and counts. */
function cutAtRandom(door: PlaneDoor): { readonly count: () => number; readonly end: () => void } {
  let cuts = 0;
  let inARow = 0;
  door.decide = ({ isDelivery }) => {
    const isCut = Math.random() < CUT_SHARE && !(isDelivery && inARow >= CUTS_IN_A_ROW);
    if (isDelivery) inARow = isCut ? inARow + 1 : 0;
    if (!isCut) return { kind: 'pass' };
    cuts += 1;
    return { kind: (['cut-before', 'cut-within', 'lose-answer', 'cut-answer'] as const)[cuts % 4] ?? 'cut-before' };
  };
  const pass: Fate = { kind: 'pass' };
  return { count: () => cuts, end: () => (door.decide = () => pass) };
}

const cut: Scenario = {
  id: 'cut',
  fault: 'connections to plane and API server cut at random, 35 %',
  run: async ({ form, progress, signal }: ScenarioRun) => {
    await using rig = await startRig();
    const door = await rig.openDoor();
    const agent = rig.agent(door, { args: ['--batch-flush=50ms'] });
    await agent.start();
    await rig.failAndArrive(10);
    const plane = cutAtRandom(door);
    const seconds = form === 'long' ? 60 : 10;
    let apiCuts = 0;
    await rig.cluster.setRate(200);
    for (let second = 0; second < seconds && !signal.aborted; second++) {
      await sleep(1000);
      if (Math.random() >= CUT_SHARE) continue;
      await rig.cluster.cut();
      apiCuts += 1;
    }
    progress(`${plane.count()} requests and ${apiCuts} times all watches cut`);
    plane.end();
    const totals = await rig.settle();
    const note = `${plane.count()} requests to the plane; ${apiCuts} times every connection to the API server`;
    return { ...totals, faultsInjected: plane.count() + apiCuts, recoveriesMs: [], note };
  },
};

export const serverScenarios: readonly Scenario[] = [
  killing('restate', 'kill -9 of the Restate server', (rig) => rig.restate),
  killing('plane', 'kill -9 of the plane', (rig) => rig.plane),
  cut,
];
