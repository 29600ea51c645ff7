/**
 * What the demo is told by the environment, as `make demo CLUSTER=real KEEP=1` does. Pure: variables in, options or a
 * problem out. What is misspelt is an error: a demo of something else than was asked for would be worse than none.
 */
import type { Environment } from '../../internal/config/environment.ts';
import { DemoProblem } from './problem.ts';

export type ClusterKind = 'simulated' | 'real' | 'current';

export interface DemoOptions {
  readonly cluster: ClusterKind;
  /** Leave everything running after the table, until Ctrl-C. */
  readonly isKept: boolean;
  /** How long the user's own cluster is looked at. */
  readonly watchForMs: number;
  /** A Restate server that runs already; undefined starts one. */
  readonly restate: GivenRestate | undefined;
  /** Where the agent serves health and metrics. */
  readonly httpListen: string;
}

export interface GivenRestate {
  readonly ingressUrl: string;
  readonly adminUrl: string;
}

export const USAGE = `make demo            or: node cmd/demo/main.ts

Starts a real Restate server, the reference plane, a cluster and the agent, lets pods fail, and shows what the plane
received. Exit code 0 if every failure arrived exactly once and nothing else was told, else 1.

  CLUSTER=simulated   (default) a Kubernetes API server played by this program
  CLUSTER=real        etcd and kube-apiserver; on Linux as root also a kubelet that runs the pods
  CLUSTER=current     the current context of your kubeconfig, read only: lists and watches pods, takes no Lease
  SECONDS=60          how long CLUSTER=current watches
  KEEP=1              leaves everything running and prints the addresses, until Ctrl-C
  HTTP_LISTEN=ADDR    where the agent serves health and metrics (127.0.0.1:0, a free port)
  RESTATE_URL, RESTATE_ADMIN_URL   ingress and admin address of a Restate server that runs already
  NO_COLOR=1          no colours
`;

const clusters: readonly ClusterKind[] = ['simulated', 'real', 'current'];
const yes = ['1', 'true', 'yes', 'on'];
const no = ['', '0', 'false', 'no', 'off'];
const LONGEST_S = 24 * 3600;

/** Reads the options. Throws OPTION_INVALID. An empty variable counts as not set. */
export function readOptions(environment: Environment): DemoOptions {
  return {
    cluster: readCluster(environment['CLUSTER']),
    isKept: readTruth('KEEP', environment['KEEP']),
    watchForMs: readSeconds(environment['SECONDS']) * 1000,
    restate: readRestate(environment['RESTATE_URL'], environment['RESTATE_ADMIN_URL']),
    httpListen: environment['HTTP_LISTEN'] || '127.0.0.1:0',
  };
}

function readCluster(given: string | undefined): ClusterKind {
  const wanted = given?.trim() || 'simulated';
  const known = clusters.find((one) => one === wanted);
  if (known === undefined) throw invalid('CLUSTER', wanted, clusters.join(', '));
  return known;
}

function readTruth(name: string, given = ''): boolean {
  const word = given.trim().toLowerCase();
  if (yes.includes(word)) return true;
  if (no.includes(word)) return false;
  throw invalid(name, given, '1 or 0');
}

/** bash sets SECONDS too, but doesn't export it. */
function readSeconds(given: string | undefined): number {
  if (given === undefined || given === '') return 60;
  const seconds = Number(given);
  if (!(seconds >= 1 && seconds <= LONGEST_S)) throw invalid('SECONDS', given, `1 to ${LONGEST_S}`);
  return seconds;
}

function readRestate(ingress: string | undefined, admin: string | undefined): GivenRestate | undefined {
  if (!ingress && !admin) return undefined;
  if (!ingress || !admin) throw new DemoProblem('OPTION_INVALID', 'RESTATE_URL and RESTATE_ADMIN_URL go together');
  return { ingressUrl: readUrl('RESTATE_URL', ingress), adminUrl: readUrl('RESTATE_ADMIN_URL', admin) };
}

function readUrl(name: string, given: string): string {
  const url = URL.parse(given);
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalid(name, given, 'an http:// or https:// address');
  return given.replace(/\/+$/, '');
}

function invalid(name: string, given: string, understood: string): DemoProblem {
  return new DemoProblem('OPTION_INVALID', `${name}=${given} is not understood; it may be ${understood}`);
}
