/**
 * What may happen to the one that leads, with real processes that share a Lease: it is killed, frozen, or can't renew.
 * Whoever leads, every failure shows at the plane once.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/e2e-until.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { clockScenarios } from './parts-clock-jumps.ts';
import { failoverOfLoops } from './parts-loops.ts';
import { atMs, isLeading, leaderOf, nextLine, quickLease, ready, startReplica, toldBy } from './parts-replicas.ts';
import { startRig } from './rig.ts';
import type { Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';

const RATE = 100;

async function failover({ form, progress, signal }: ScenarioRun): Promise<ScenarioRow> {
  await using rig = await startRig();
  const replicas = [];
  for (const name of ['one', 'two']) replicas.push(await startReplica(rig, name, { args: quickLease }));
  await leaderOf(replicas);
  await rig.failAndArrive(10);
  await rig.cluster.setRate(RATE);
  const times = form === 'long' ? 20 : 3;
  const recoveriesMs: number[] = [];
  for (let killed = 0; killed < times && !signal.aborted; killed++) {
    const { leader, follower } = await leaderOf(replicas);
    await sleep(Math.random() * 1500);
    const leads = nextLine(follower, 'leading');
    await leader.agent.kill();
    const killedAtMs = Date.now();
    // As the kubelet does; the new process finds the outbox of the old one.
    await leader.agent.start();
    recoveriesMs.push(atMs(await leads) - killedAtMs);
    await follower.door.nextAccepted();
    await ready(leader.agent);
    progress(`${killed + 1} of ${times} kills`);
  }
  const totals = await rig.settle();
  const note = `${RATE} failures/s, Lease of 3 s; recovery: until another leads`;
  return { ...totals, faultsInjected: times, recoveriesMs, note };
}

/** Lease, renew deadline and freeze: the usual ones in the long form, a fifth in the short one. */
function timesOf(form: ScenarioRun['form']) {
  return form === 'long'
    ? { args: [], deadlineMs: 10_000, freezeMs: 20_000, hangMs: 60_000 }
    : { args: quickLease, deadlineMs: 2_000, freezeMs: 5_000, hangMs: 8_000 };
}

async function frozenLeader({ form, progress, signal }: ScenarioRun): Promise<ScenarioRow> {
  const { args, freezeMs } = timesOf(form);
  const times = form === 'long' ? 3 : 1;
  await using rig = await startRig();
  const replicas = [await startReplica(rig, 'one', { args }), await startReplica(rig, 'two', { args })];
  await leaderOf(replicas);
  const recoveriesMs: number[] = [];
  let transitions = -1;
  for (let frozen = 0; frozen < times && !signal.aborted; frozen++) {
    const { leader, follower } = await leaderOf(replicas);
    await rig.failAndArrive(50);
    const before = await toldBy(leader);
    const leads = nextLine(follower, 'leading');
    const obeys = nextLine(leader, 'another replica leads', freezeMs * 2 + 60_000);
    process.kill(leader.agent.process.pid, 'SIGSTOP');
    const frozenAtMs = Date.now();
    await rig.cluster.setRate(RATE);
    const begun = await leads;
    recoveriesMs.push(atMs(begun) - frozenAtMs);
    assert.ok(Number(begun['transitions']) > transitions, 'the fence rises');
    transitions = Number(begun['transitions']);
    await sleep(Math.max(0, frozenAtMs + freezeMs - Date.now()));
    process.kill(leader.agent.process.pid, 'SIGCONT');
    await obeys;
    await sleep(1_000);
    await rig.cluster.setRate(0);
    assert.equal(await toldBy(leader), before, 'a leader that was frozen told something after it woke');
    assert.ok(!isLeading(leader) && isLeading(follower));
    progress(`${frozen + 1} of ${times} freezes`);
  }
  const totals = await rig.settle();
  const note = `frozen for ${freezeMs / 1000} s; told nothing after waking; recovery: until another leads`;
  return { ...totals, faultsInjected: times, recoveriesMs, note };
}

/** A kubeconfig that reaches the server through a port of the loopback. */
function through(kubeconfig: string, url: string, port: number, folder: string): string {
  const file = path.join(folder, `kubeconfig-through-${port}`);
  writeFileSync(file, readFileSync(kubeconfig, 'utf8').replaceAll(url, `https://127.0.0.1:${port}`));
  return file;
}

async function hangingRenewal({ form, progress, signal }: ScenarioRun): Promise<ScenarioRow> {
  const { args, deadlineMs, hangMs } = timesOf(form);
  const times = 1;
  await using rig = await startRig();
  await using proxy = await startTcpProxy(new URL(rig.cluster.url));
  const kubeconfig = through(rig.cluster.kubeconfig, rig.cluster.url, proxy.port, rig.folder);
  const one = await startReplica(rig, 'one', { args, kubeconfig });
  await until('it leads', () => isLeading(one));
  const recoveriesMs: number[] = [];
  for (let hung = 0; hung < times && !signal.aborted; hung++) {
    // The other comes later, so that this one leads again.
    const two = await startReplica(rig, `two-${hung}`, { args });
    await rig.failAndArrive(10);
    await rig.cluster.setRate(RATE);
    const [ends, leads] = [nextLine(one, 'leading no more'), nextLine(two, 'leading')];
    proxy.silence();
    const silentAtMs = Date.now();
    const [ended, began] = [atMs(await ends), atMs(await leads)];
    assert.ok(ended - silentAtMs <= deadlineMs + 1_000, `led for ${ended - silentAtMs} ms without a renewal`);
    assert.ok(began > ended, 'another led before it had ended');
    recoveriesMs.push(began - silentAtMs);
    await sleep(Math.max(0, silentAtMs + hangMs - Date.now()));
    const obeys = nextLine(one, 'another replica leads');
    proxy.resume();
    await obeys;
    const again = nextLine(one, 'leading');
    assert.deepEqual(await two.agent.process.stop(), { code: 0, signal: null });
    await again;
    progress(`${hung + 1} of ${times} hanging connections`);
  }
  const totals = await rig.settle();
  const note = `silent for ${hangMs / 1000} s; ended its term within ${deadlineMs / 1000} s, before another led`;
  return { ...totals, faultsInjected: times, recoveriesMs, note };
}

export const leaderScenarios: readonly Scenario[] = [
  { id: 'R-19', fault: 'leader frozen (SIGSTOP), another elected, thawed', run: frozenLeader },
  { id: 'R-20', fault: 'renewals hang', run: hangingRenewal },
  ...clockScenarios,
  { id: 'failover', fault: 'kill -9 of the leader of two replicas', run: failover },
  { id: 'failover-loops', fault: 'the same, with pods in crash loops and a cooldown', run: failoverOfLoops },
];
