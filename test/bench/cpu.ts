/**
 * CPU time of the whole process for each update of a pod that is nobody's business, which is what nearly all updates are:
 * TLS, framing, reading, deciding that there is nothing to say. Beside the same of an informer of @kubernetes/client-node.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { median, type Bench, type BenchContext } from './bench.ts';
import { startFleet, startQuietPlane, type Fleet } from './fleet.ts';
import { cpuMs, unavailableHere } from './process-figures.ts';
import { startNaive, startWatcher, unbuilt, type StartSubject } from './subjects.ts';

const PODS = 1_000;
const RATE = 1_000;
const ROUND_MS = 5_000;

/** After the last update, for what is still on its way. */
const SETTLE_MS = 500;

export const cpu: Bench = {
  name: 'cpu',
  about:
    `CPU time of the process (/proc/PID/stat, all threads) per pod update, at ${RATE} updates a second over ${PODS} pods, ` +
    'median of rounds of 5 s\nafter one of warm-up, less what it uses idle. Baseline: an informer of @kubernetes/client-node.',
  unavailable: () => Promise.resolve(unavailableHere() ?? unbuilt()),
  run: async (context) => {
    const ours = await measure(startWatcher, context, 'watcher');
    const theirs = await measure(startNaive, context, 'informer');
    return [{ what: 'CPU per pod update', value: ours, baseline: theirs, unit: 'µs' }];
  },
};

/** Microseconds for each update. */
async function measure(start: StartSubject, { isQuick, say }: BenchContext, name: string): Promise<number> {
  await using fleet = await startFleet(PODS);
  await using plane = await startQuietPlane();
  await using subject = await start({ kubeconfig: fleet.kubeconfig, ingressUrl: plane.url, clusterId: 'bench' });
  await round(fleet, subject.pid, RATE);
  const idle = await round(fleet, subject.pid, 0);
  const rounds: number[] = [];
  for (let done = 0; done < (isQuick ? 1 : 5); done++) {
    const { usedMs, updates } = await round(fleet, subject.pid, RATE);
    rounds.push(((usedMs - idle.usedMs) * 1000) / updates);
    say(`${name}: ${updates} updates, ${usedMs} ms of CPU, ${idle.usedMs} ms idle`);
  }
  return median(rounds);
}

async function round(fleet: Fleet, pid: number, rate: number): Promise<{ usedMs: number; updates: number }> {
  const { changes: before } = await fleet.send({ command: 'stats' });
  const beforeMs = cpuMs(pid);
  await fleet.send({ command: 'churn', rate });
  await sleep(ROUND_MS);
  const { changes: after } = await fleet.send({ command: 'stop' });
  await sleep(SETTLE_MS);
  return { usedMs: cpuMs(pid) - beforeMs, updates: after - before };
}
