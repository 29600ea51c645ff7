// Whether this machine can run a test cluster, asked by tests before they start: a test that can't run is skipped with a reason.
import { readEnvironment } from './environment.ts';
import { findBinaries, type FindOptions } from './find-binaries.ts';
import { nodeRequirements, type NodeTools } from './node/requirements.ts';
import { API_BINARIES, CONTROLLER_BINARIES, NODE_BINARIES } from './projects.ts';

interface Unavailable {
  readonly available: false;
  /** Text for node:test's `skip`. */
  readonly reason: string;
}

/** Whether a control plane can run, and with which binaries. */
export type ClusterAvailability =
  { readonly available: true; readonly binaries: Readonly<Record<string, string>> } | Unavailable;

/** Whether a node can run too. */
export type NodeAvailability =
  | { readonly available: true; readonly binaries: Readonly<Record<string, string>>; readonly tools: NodeTools }
  | Unavailable;

/** What is asked for. */
export interface AvailabilityOptions extends FindOptions {
  /** Also controller manager and scheduler, which KUBEBUILDER_ASSETS does not usually have. */
  readonly controllers?: boolean;
}

function unavailable(reason: string): Unavailable {
  return { available: false, reason: `no real Kubernetes here: ${reason}` };
}

/**
 * Whether startCluster() will work here without a node. Builds what is missing where that is allowed, which takes minutes
 * once a machine.
 */
export async function clusterAvailability(options: AvailabilityOptions = {}): Promise<ClusterAvailability> {
  const names = [...API_BINARIES, ...(options.controllers === true ? CONTROLLER_BINARIES : [])];
  const answer = await findBinaries(names, options);
  return answer.found ? { available: true, binaries: answer.paths } : unavailable(answer.reason);
}

/** Whether startCluster({node: true}) will work here. */
export async function nodeAvailability(options: FindOptions = {}): Promise<NodeAvailability> {
  const { busybox } = options.environment ?? readEnvironment();
  const tools = nodeRequirements(busybox);
  if (!tools.met) return unavailable(tools.reason);
  const answer = await findBinaries([...API_BINARIES, ...CONTROLLER_BINARIES, ...NODE_BINARIES], options);
  if (!answer.found) return unavailable(answer.reason);
  return { available: true, binaries: answer.paths, tools: { runc: tools.runc, busybox: tools.busybox } };
}
