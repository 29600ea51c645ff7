/**
 * A simulated API server and what goes wrong on it, in a process of its own (started by simulated-cluster.ts): pods are
 * made healthy, fail once each at a rate, and are removed when their failure has arrived. Every failure is reported when
 * the API server has accepted it. Ends with whoever started it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openControl } from '../support/simulated-apiserver/control.ts';
import { jsonMetadata, jsonObjects } from '../support/simulated-apiserver/json-encoder.ts';
import { timestamp, type OwnerReference } from '../support/simulated-apiserver/objects.ts';
import { podMeta, podSpec, uidOf, type PodTemplate } from '../support/simulated-apiserver/pod-template.ts';
import { nodes, pods } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';
import { syntheticNode } from '../support/simulated-apiserver/synthetic-pod.ts';
import { protobufMetadata, protobufObjects } from '../support/simulated-protobuf.ts';
import { CONTAINER, healthyStatus, IMAGE, labelsOf, NODE, podNameOf, statusOf } from './failure.ts';
import type { InjectedFailure } from './failure.ts';
import type { ClusterCommand, ClusterReport, Workloads } from './simulated-cluster.ts';

const TICK_MS = 10;
/** After a pause of this process, at most this much is made up for. */
const LONGEST_TICK_MS = 200;
const NAMESPACES = 5;
/** Healthy pods made ahead of those that fail. */
const AHEAD = 200;

const folder = mkdtempSync(path.join(tmpdir(), 'chaos-cluster-'));
const encoders = [jsonObjects, jsonMetadata, protobufObjects, protobufMetadata];
const server = await SimulatedApiServer.start({ encoders, historyLimit: 50_000 });
const door = await openControl(server);
server.put(nodes, syntheticNode(NODE));

let made = 0;
let failed = 0;
let rate = 0;
/** Serials of pods that have a workload of their own. */
const owned = new Set<number>();
let owed = 0;
let lastMs = performance.now();

const namespaceOf = (serial: number): string => `chaos-${serial % NAMESPACES}`;

function say(report: ClusterReport): void {
  process.send?.(report);
}

function template(serial: number): PodTemplate {
  const namespace = namespaceOf(serial);
  const name = podNameOf(serial);
  const containers = [{ name: CONTAINER, image: IMAGE }];
  const uid = uidOf('chaos', process.pid, serial);
  const owner = owned.has(serial) ? ownerOf(serial) : undefined;
  const base = { namespace, name, uid, owner, labels: labelsOf(serial), containers };
  return { ...base, restartPolicy: 'Always', graceSeconds: 30 };
}

function ownerOf(serial: number): OwnerReference {
  const name = `own-${serial}`;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    name,
    uid: uidOf('workload', process.pid, serial),
    controller: true,
  };
}

function write(serial: number, status: object): string {
  const pod = template(serial);
  const metadata = podMeta(pod, timestamp(Date.now()));
  server.put(pods, { metadata, spec: podSpec(pod, NODE), status });
  return pod.uid;
}

function makeAhead(): void {
  while (made < failed + AHEAD) write(made++, healthyStatus(Date.now()));
}

/** Lets the next pod fail. */
function failNext(workloads: Workloads): InjectedFailure {
  makeAhead();
  const serial = failed++;
  if (workloads === 'own') owned.add(serial);
  const acceptedAtMs = Date.now();
  const uid = write(serial, statusOf(serial, acceptedAtMs));
  return { serial, namespace: namespaceOf(serial), pod: podNameOf(serial), uid, acceptedAtMs };
}

function failMany(count: number, workloads: Workloads = 'none'): void {
  if (count > 0) say({ kind: 'failed', failures: Array.from({ length: count }, () => failNext(workloads)) });
}

setInterval(() => {
  const nowMs = performance.now();
  owed += (rate * Math.min(nowMs - lastMs, LONGEST_TICK_MS)) / 1000;
  lastMs = nowMs;
  const due = Math.floor(owed);
  owed -= due;
  failMany(due);
}, TICK_MS);

process.on('message', (command: ClusterCommand) => {
  switch (command.kind) {
    case 'rate':
      rate = command.perSecond;
      break;
    case 'fail':
      failMany(command.count, command.workloads);
      break;
    case 'retire':
      for (const { namespace, pod } of command.pods) server.store.remove(pods, pod, namespace);
      break;
    case 'cut':
      server.cutConnections();
      break;
  }
  say({ kind: 'done', command: command.id });
});
process.once('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});

makeAhead();
const kubeconfig = server.writeKubeconfig(path.join(folder, 'kubeconfig'), { namespace: 'default' });
say({ kind: 'ready', kubeconfig, url: server.url, control: door.url, token: server.adminToken, caPem: server.caPem });
