/**
 * The real cluster of a chaos run: etcd and kube-apiserver. Pods are created, brought into the state of their failure by
 * a write of their status, as a kubelet would, and deleted when the failure has arrived. No node is needed for that.
 */
import type { ApiClient } from '../cluster/control-plane/api-client.ts';
import { startCluster } from '../cluster/cluster.ts';
import { CONTAINER, IMAGE, labelsOf, NODE, podNameOf, statusOf, type InjectedFailure } from './failure.ts';
import type { ChaosCluster } from './simulated-cluster.ts';

export const NAMESPACE = 'chaos';
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
/** Pods made ahead of those that fail. */
const AHEAD = 60;
const REQUESTS_AT_ONCE = 6;
const TICK_MS = 20;
/** After a pause of this process, at most this much is made up for. */
const LONGEST_TICK_MS = 200;

interface Made {
  readonly serial: number;
  readonly uid: string;
}

/** What the pods are bound to. A name in `schedulerName` that nobody has keeps them from any node. */
export type Place = { readonly nodeName: string } | { readonly schedulerName: string };

/** Makes and breaks pods, a bounded number of requests at a time, in order. */
export class Injector {
  readonly #api: ApiClient['api'];
  readonly #place: Place;
  readonly #onFailure: (failure: InjectedFailure) => void;
  readonly #made: Made[] = [];
  #next = 0;
  #owed = 0;
  #perSecond = 0;
  #lastMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #working: Promise<void> = Promise.resolve();
  #isWorking = false;

  constructor(api: ApiClient['api'], onFailure: (failure: InjectedFailure) => void, place: Place) {
    this.#api = api;
    this.#place = place;
    this.#onFailure = onFailure;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  setRate(perSecond: number): Promise<void> {
    this.#perSecond = perSecond;
    if (perSecond === 0) this.#owed = 0;
    return Promise.resolve();
  }

  async makeAhead(): Promise<void> {
    await atOnce(AHEAD - this.#made.length, async () => {
      const serial = this.#next++;
      const metadata = { name: podNameOf(serial), labels: labelsOf(serial) };
      const spec = { ...this.#place, containers: [{ name: CONTAINER, image: IMAGE }] };
      const stored = await this.#api<{ metadata: { uid: string } }>('POST', PODS, { metadata, spec });
      this.#made.push({ serial, uid: stored.metadata.uid });
    });
  }

  /** Lets so many pods fail. */
  async fail(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      if (this.#made.length === 0) await this.makeAhead();
      const some = this.#made.splice(0, left);
      left -= some.length;
      await atOnce(some.length, (index) => this.#failOne(some[index]));
    }
  }

  /** Removes the pods of failures. */
  async retire(failures: readonly InjectedFailure[]): Promise<void> {
    await atOnce(failures.length, async (index) => {
      await this.#api('DELETE', `${PODS}/${failures[index]?.pod ?? ''}?gracePeriodSeconds=0`);
    });
  }

  async stop(): Promise<void> {
    await this.setRate(0);
    clearInterval(this.#timer);
    await this.#working;
  }

  async #failOne(made: Made | undefined): Promise<void> {
    if (made === undefined) return;
    const { serial, uid } = made;
    const pod = podNameOf(serial);
    const acceptedAtMs = Date.now();
    await this.#api('PATCH', `${PODS}/${pod}/status`, { status: statusOf(serial, acceptedAtMs) });
    const node = 'nodeName' in this.#place ? this.#place.nodeName : '';
    this.#onFailure({ serial, namespace: NAMESPACE, pod, uid, acceptedAtMs, node });
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#owed += (this.#perSecond * Math.min(nowMs - this.#lastMs, LONGEST_TICK_MS)) / 1000;
    this.#lastMs = nowMs;
    if (this.#isWorking || this.#owed < 1) return;
    const due = Math.floor(this.#owed);
    this.#owed -= due;
    this.#isWorking = true;
    this.#working = this.#work(due).finally(() => (this.#isWorking = false));
  }

  async #work(due: number): Promise<void> {
    await this.fail(due);
    if (this.#made.length < AHEAD / 2) await this.makeAhead();
  }
}

/** The part of a cluster that an injector does. */
export function failuresBy(injector: Injector): Pick<ChaosCluster, 'setRate' | 'fail' | 'retire'> {
  return {
    setRate: (perSecond) => injector.setRate(perSecond),
    fail: (count) => injector.fail(count),
    retire: (failures) => injector.retire(failures),
  };
}

/** Starts one. `onFailure` is called for every failure that the API server has accepted. */
export async function startRealCluster(onFailure: (failure: InjectedFailure) => void): Promise<ChaosCluster> {
  await using starting = new AsyncDisposableStack();
  const cluster = starting.use(await startCluster());
  await cluster.createNamespace(NAMESPACE);
  const injector = new Injector(cluster.api, onFailure, { nodeName: NODE });
  starting.defer(() => injector.stop());
  await injector.makeAhead();
  const running = starting.move();
  return {
    kubeconfig: cluster.kubeconfigPath,
    ...failuresBy(injector),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function atOnce(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(REQUESTS_AT_ONCE, count) }, worker));
}
