/**
 * The release of a test: the chart as Helm installs and upgrades it on a real node, and its agents as an operator sees
 * them, by kubectl, their logs, their metrics and their Lease.
 */
import type { Cluster } from '../cluster/options.ts';
import type { PodObject } from './e2e-pod-watch.ts';
import { until } from './e2e-until.ts';
import { CHART, type Helm } from './helm.ts';

const NAME = 'watcher';
/** A pod starts in 3 s here (measured), of which Node takes one. */
const READY_WITHIN_MS = 90_000;

/** A pod of an agent. */
export type AgentPod = PodObject & {
  readonly spec: { readonly terminationGracePeriodSeconds: number };
};

export type LogLine = Readonly<Record<string, unknown>>;

interface Workload {
  readonly spec: { readonly replicas?: number };
  readonly metadata: { readonly generation: number };
  readonly status: Readonly<Record<string, number | undefined>>;
}

export class Release {
  readonly namespace: string;
  readonly #cluster: Cluster;
  readonly #helm: Helm;

  constructor(cluster: Cluster, helm: Helm, namespace: string) {
    this.#cluster = cluster;
    this.#helm = helm;
    this.namespace = namespace;
  }

  /** Installs it, or upgrades to these values; what Helm and the API server warned of. */
  apply(values: object): Promise<string> {
    return this.#helm.warnings(['upgrade', '--install', NAME, CHART, ...this.#place()], values);
  }

  /** What Helm says after an install. */
  notes(): Promise<string> {
    return this.#helm.run(['get', 'notes', NAME, ...this.#place()]);
  }

  #place(): string[] {
    return ['--namespace', this.namespace, '--kubeconfig', this.#cluster.kubeconfigPath];
  }

  /** Resolves when every agent of the newest template is Ready, and no other is left. */
  async ready(kind: 'deployments' | 'statefulsets' | 'daemonsets'): Promise<AgentPod[]> {
    const path = `/apis/apps/v1/namespaces/${this.namespace}/${kind}/${NAME}`;
    const isReady = async (): Promise<AgentPod[] | undefined> => {
      const { metadata, spec, status } = await this.#cluster.api<Workload>('GET', path);
      const wanted = spec.replicas ?? status['desiredNumberScheduled'] ?? 0;
      const updated = status['updatedReplicas'] ?? status['updatedNumberScheduled'];
      const ready = status['readyReplicas'] ?? status['numberReady'];
      if (status['observedGeneration'] !== metadata.generation || wanted === 0) return undefined;
      const pods = await this.pods();
      return updated === wanted && ready === wanted && pods.length === wanted ? pods : undefined;
    };
    return this.#explained(until(`the agents of ${kind} are ready`, isReady, READY_WITHIN_MS));
  }

  async pods(): Promise<AgentPod[]> {
    const path = `/api/v1/namespaces/${this.namespace}/pods?labelSelector=app.kubernetes.io%2Finstance%3D${NAME}`;
    return (await this.#cluster.api<{ items: AgentPod[] }>('GET', path)).items;
  }

  /** The pod that holds the Lease; waits for one that is there and is none of `others`. */
  async leader(others: readonly string[] = []): Promise<string> {
    const leads = async (): Promise<string | undefined> => {
      const holder = (await this.#lease()).holderIdentity?.replace(/_[0-9a-f]+$/, '') ?? '';
      const names = (await this.pods()).map(({ metadata }) => metadata.name);
      return names.includes(holder) && !others.includes(holder) ? holder : undefined;
    };
    return this.#explained(until('an agent leads', leads, READY_WITHIN_MS));
  }

  /** When the Lease was renewed last, by the clock of who holds it: this machine's. */
  async renewedAtMs(): Promise<number> {
    return Date.parse((await this.#lease()).renewTime);
  }

  async #lease(): Promise<{ holderIdentity?: string; renewTime: string }> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${this.namespace}/leases/watcher-leader-lock`;
    return (await this.#cluster.api<{ spec: { holderIdentity?: string; renewTime: string } }>('GET', path)).spec;
  }

  exec(pod: string, ...command: readonly string[]): Promise<string> {
    return this.#cluster.kubectl(['exec', '-n', this.namespace, pod, '--', ...command]);
  }

  /** All lines of its log, once it has ended. */
  async lastWords(pod: string): Promise<LogLine[]> {
    const text = await this.#cluster.kubectl(['logs', '-f', '-n', this.namespace, pod]);
    return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : []));
  }

  /** Deletes a pod; `'now'` gives it no time to end. Resolves when the API server has no such pod any more. */
  async delete(pod: string, how: 'in order' | 'now'): Promise<void> {
    const force = how === 'now' ? ['--grace-period=0', '--force'] : [];
    await this.#cluster.kubectl(['delete', 'pod', '-n', this.namespace, pod, ...force]);
  }

  /** Events that wait in the outbox of a pod, by its metrics. */
  async waiting(pod: string): Promise<number> {
    const path = `/api/v1/namespaces/${this.namespace}/pods/${pod}:8080/proxy/metrics`;
    const text = await this.#cluster.api<string>('GET', path);
    return Number(/^watcher_queue_depth (\d+)$/m.exec(text)?.[1]);
  }

  /** Adds to an error what the agents say. */
  async #explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const told = await this.#cluster.kubectl(['get', 'pods,events', '-n', this.namespace, '-o', 'wide']);
      const logs = await this.#cluster
        .kubectl(['logs', '-n', this.namespace, '-l', `app.kubernetes.io/instance=${NAME}`, '--tail=20', '--prefix'])
        .catch(String);
      throw new Error(`${(error as Error).message}\n${told}\n${logs}`, { cause: error });
    }
  }
}
