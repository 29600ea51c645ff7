/**
 * One case of PodWatches against a simulated API server of its own: who may do what, what is there at first, and the rig
 * that watches it. Server, rig and kubeconfig are gone when the case is over, however it ends.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from '../../internal/kubernetes/scope.ts';
import { PodWatchesRig, type PodWatchesRigOptions } from './pod-watches-rig.ts';
import { rawPod, rawStatus, waiting, type Raw } from './raw-pod.ts';
import type { PolicyRule } from './simulated-apiserver/authorization.ts';
import { jsonMetadata, jsonObjects } from './simulated-apiserver/json-encoder.ts';
import { pods } from './simulated-apiserver/resources.ts';
import { SimulatedApiServer } from './simulated-apiserver/server.ts';
import { protobufMetadata, protobufObjects } from './simulated-protobuf.ts';

const READ = ['get', 'list', 'watch'];
export const readPods: PolicyRule = { verbs: READ, apiGroups: [''], resources: ['pods'] };
export const readNamespaces: PolicyRule = { verbs: READ, apiGroups: [''], resources: ['namespaces'] };
export const readNodes: PolicyRule = { verbs: READ, apiGroups: [''], resources: ['nodes'] };
export const ask: PolicyRule = {
  verbs: ['create'],
  apiGroups: ['authorization.k8s.io'],
  resources: ['selfsubjectaccessreviews'],
};

/** A pod there is something to say about. */
export function failing(server: SimulatedApiServer, namespace: string, name: string, spec: Raw = {}): void {
  server.ensureNamespace(namespace);
  failingEarly(server, namespace, name, spec);
}

/** The same in a namespace that need not be there yet: what one watch shows before another one shows the namespace. */
export function failingEarly(server: SimulatedApiServer, namespace: string, name: string, spec: Raw = {}): void {
  const containerStatuses = [rawStatus({ state: waiting('ImagePullBackOff') })];
  const raw = rawPod({ metadata: { name, namespace }, spec, status: { containerStatuses } });
  const { uid: _uid, resourceVersion: _version, ...metadata } = raw['metadata'] as Record<string, unknown>;
  server.store.put(pods, { ...raw, metadata: { ...metadata, name, namespace } });
}

export interface PodWatchesCaseOptions extends PodWatchesRigOptions {
  /** What the server speaks; default JSON alone. */
  readonly wire?: 'json' | 'protobuf';
}

const encoders = {
  json: [jsonObjects, jsonMetadata],
  protobuf: [jsonObjects, jsonMetadata, protobufObjects, protobufMetadata],
};

/** `rules` are what the agent may do beside asking for its rights; `prepare` runs before it starts. */
export async function withPodWatches(
  scope: Scope,
  rules: readonly PolicyRule[],
  run: (rig: PodWatchesRig, server: SimulatedApiServer) => Promise<void>,
  prepare: (server: SimulatedApiServer) => void = () => undefined,
  { wire = 'json', ...options }: PodWatchesCaseOptions = {},
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'watcher-pod-watches-'));
  try {
    await using server = await SimulatedApiServer.start({
      users: [{ name: 'agent', token: 'agent-token', rules: [ask, ...rules] }],
      encoders: encoders[wire],
    });
    prepare(server);
    const kubeconfig = server.writeKubeconfig(join(directory, 'config'), { user: 'agent' });
    await using rig = new PodWatchesRig(kubeconfig, scope, options);
    await run(rig, server);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
