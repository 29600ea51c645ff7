/**
 * The cluster of a soak, in a process of its own (started by world.ts): pods that come, go and fail by themselves, and an
 * API server that misbehaves. Ends with whoever started it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { everything } from '../support/simulated-apiserver/authorization.ts';
import { jsonMetadata, jsonObjects } from '../support/simulated-apiserver/json-encoder.ts';
import { nodes } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';
import { syntheticNode } from '../support/simulated-apiserver/synthetic-pod.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { protobufMetadata, protobufObjects } from '../support/simulated-protobuf.ts';
import { AGENT_USER, oneApiFault } from './api-faults.ts';
import { every } from './every.ts';
import { failingLives, playStorm } from './failing-lives.ts';
import { awayAndBack, makeNamespaces, managedNamespaces } from './namespaces.ts';
import { oneOf, paceOf, type Between } from './pace.ts';
import { QuietPods } from './quiet-lives.ts';
import { NODE, Stage } from './stage.ts';
import type { WorldCommand, WorldReport } from './world.ts';

const JOB_EVERY: Between = [4_000, 8_000];
/** Failing pods that nobody has told yet: more than come in the longest absence of the plane, unless nothing is told any more. */
const MOST_WAITING = 2_000;

const folder = mkdtempSync(path.join(tmpdir(), 'soak-world-'));
const agent = { name: AGENT_USER, token: 'soak-agent', rules: everything };
const server = await SimulatedApiServer.start({
  encoders: [jsonObjects, jsonMetadata, protobufObjects, protobufMetadata],
  users: [agent],
});
const ending = new AbortController();
let stage: Stage | undefined;

function say(report: WorldReport): void {
  process.send?.(report);
}

function broke(error: unknown): void {
  say({ kind: 'broke', why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

function start(seed: number, minutes: number): void {
  const pace = paceOf(minutes);
  const random = seededRandom(seed);
  const { signal } = ending;
  const own = new Stage({ server, pace, random, ending: signal }, (waiting) => say({ kind: 'waiting', ...waiting }));
  stage = own;
  makeNamespaces(own);
  server.put(nodes, syntheticNode(NODE));
  const quiet = new QuietPods(own, managedNamespaces);
  let lives = 0;
  const fail = (): void => {
    if (own.waiting > MOST_WAITING) return;
    const life = failingLives[lives++ % failingLives.length];
    life?.play(own, oneOf(managedNamespaces, random)).catch(broke);
  };
  const rate = (perSecond: number): Between => [500 / perSecond, 1500 / perSecond];
  const doing = (between: Between, act: () => Promise<void> | void, what?: string): void => {
    const told = async (): Promise<void> => {
      await act();
      if (what !== undefined) say({ kind: 'did', what });
    };
    every(between, random, signal, told).catch(broke);
  };
  doing(rate(pace.failuresPerSecond), fail);
  doing(rate(pace.changesPerSecond), () => quiet.change());
  doing(JOB_EVERY, () => quiet.completeJob(), 'Job completed');
  doing(pace.rolloutEvery, () => quiet.rollOut(), 'rollout');
  doing(pace.stormEvery, () => playStorm(own, oneOf(managedNamespaces, random)), 'storm');
  doing(pace.namespaceEvery, () => awayAndBack(own), 'namespace unlabelled and labelled');
  doing(pace.apiFaultEvery, async () => {
    say({ kind: 'did', what: await oneApiFault({ server, pace, random, signal }) });
  });
}

function settle(): void {
  ending.abort();
  server.faults.clear();
}

process.on('message', (command: WorldCommand) => {
  if (command.kind === 'start') start(command.seed, command.minutes);
  else if (command.kind === 'told') for (const uid of command.uids) stage?.wasTold(uid);
  else settle();
});
process.on('unhandledRejection', broke);
process.once('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});

const kubeconfig = server.writeKubeconfig(path.join(folder, 'kubeconfig'), { user: AGENT_USER, namespace: 'default' });
say({ kind: 'ready', kubeconfig, url: server.url, adminToken: server.adminToken });
