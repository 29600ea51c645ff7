/**
 * Plays one scenario in a namespace of its own while `watcher record` writes down what its pods are like. The recording
 * takes the place of the old one when the scenario has come to its end, and then the namespace is deleted.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { record } from '../../cmd/watcher/commands/record.ts';
import type { Cluster } from '../cluster/options.ts';
import { until } from '../support/e2e-until.ts';
import { PodStates } from './pod-states.ts';
import type { Scenario } from './scenario.ts';
import { recordingOf } from './score.ts';
import type { Stage } from './stage.ts';

/** What was written last is to be seen by the recording, too. */
const SETTLING_MS = 3_000;
const PATIENCE_MS = 120_000;

export async function play(cluster: Cluster, scenario: Scenario): Promise<{ events: number; bytes: number }> {
  const namespace = `corpus-${scenario.name}`;
  const directory = mkdtempSync(path.join(tmpdir(), 'watcher-corpus-'));
  const file = path.join(directory, 'recording.ndjson');
  try {
    await cluster.createNamespace(namespace);
    await using pods = await PodStates.of(cluster, namespace);
    await recorded(cluster, scenario, { namespace, file }, () => perform(scenario, { cluster, namespace, pods }));
    const text = readFileSync(file, 'utf8');
    writeFileSync(recordingOf(scenario), text);
    return { events: text.trimEnd().split('\n').length, bytes: text.length };
  } finally {
    rmSync(directory, { recursive: true, force: true });
    await leave(cluster, namespace, scenario.alone === true);
  }
}

async function perform({ steps }: Scenario, stage: Stage): Promise<void> {
  for (const { what, run } of steps) {
    try {
      await run(stage);
    } catch (cause) {
      throw new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  await sleep(SETTLING_MS);
}

async function recorded(
  { kubeconfigPath }: Cluster,
  { also = [] }: Scenario,
  { namespace, file }: { readonly namespace: string; readonly file: string },
  act: () => Promise<void>,
): Promise<void> {
  const ending = new AbortController();
  const alsoFlags = also.map((kind) => `--${kind}`);
  const recording = record({
    args: [`--namespace=${namespace}`, `--file=${file}`, `--kubeconfig=${kubeconfigPath}`, ...alsoFlags],
    environment: {},
    terminal: { out: () => undefined, err: () => undefined, isTerminal: false },
    shutdown: ending.signal,
  });
  recording.catch(() => undefined);
  try {
    await untilBegun(file);
    await act();
  } finally {
    ending.abort();
    await recording;
  }
}

/** Pods are listed last. */
function untilBegun(file: string): Promise<unknown> {
  const isBegun = (): boolean => /"BOOKMARK","object":\{"kind":"Pod"/.test(contentOf(file));
  return until('the recording has begun', isBegun, PATIENCE_MS);
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Its pods are not to keep the node busy; who is alone waits until they are gone, for which a kubelet is needed. */
async function leave(cluster: Cluster, namespace: string, isWaited: boolean): Promise<void> {
  const options = [`--wait=${isWaited}`, '--timeout=60s', '--ignore-not-found'];
  await cluster.node?.startKubelet();
  await cluster.kubectl(['delete', 'namespace', namespace, ...options]).catch(() => undefined);
}
