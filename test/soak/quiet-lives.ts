/**
 * What goes well in a soak, and must stay silent: healthy pods that change, come and go, rollouts whose old pods are killed at
 * the end of their grace, Jobs that complete, drains.
 */
import { withMeta } from '../support/simulated-apiserver/objects.ts';
import type { KubeletPod } from '../support/simulated-apiserver/kubelet-pod.ts';
import { oneOf } from './pace.ts';
import { CONTAINER, reachNode, type Stage } from './stage.ts';

const GRACE_MS = 1_500;
const ROLLED_AT_ONCE = 10;

export class QuietPods {
  readonly #stage: Stage;
  readonly #namespaces: readonly string[];
  readonly #healthy: KubeletPod[] = [];
  #changes = 0;

  constructor(stage: Stage, namespaces: readonly string[]) {
    this.#stage = stage;
    this.#namespaces = namespaces;
    while (this.#healthy.length < stage.pace.healthyPods) this.#add();
  }

  /** A change that means nothing. */
  change(): void {
    const pod = oneOf(this.#healthy, this.#stage.random);
    const annotations = { 'example.com/checked': String(++this.#changes) };
    this.#stage.modify(pod, (body) => ({ ...body, metadata: withMeta(body.metadata, { annotations }) }));
  }

  /** Some are replaced: the new ones first, then the old ones are deleted and killed. */
  async rollOut(): Promise<void> {
    const old = this.#healthy.splice(0, ROLLED_AT_ONCE);
    for (const _ of old) this.#add();
    await Promise.all(old.map((pod) => this.#end(pod)));
  }

  /** A Job's pod does its work. */
  async completeJob(): Promise<void> {
    const namespace = oneOf(this.#namespaces, this.#stage.random);
    const pod = this.#stage.pod(namespace, 'job', { restartPolicy: 'Never' });
    reachNode(pod);
    pod.run(CONTAINER);
    await this.#stage.pass(1_000);
    pod.exit(CONTAINER, { code: 0 });
    pod.finish('Succeeded');
    await this.#stage.pass(5_000);
    this.#stage.remove(pod);
  }

  #add(): void {
    const pod = this.#stage.pod(oneOf(this.#namespaces, this.#stage.random), 'healthy', { graceSeconds: 1 });
    reachNode(pod);
    pod.run(CONTAINER);
    this.#healthy.push(pod);
  }

  async #end(pod: KubeletPod): Promise<void> {
    pod.askDeletion();
    await this.#stage.pass(GRACE_MS);
    if (this.#stage.random.next() < 0.5) pod.exit(CONTAINER, { code: this.#stage.random.next() < 0.5 ? 143 : 137 });
    else pod.finish('Failed', '', '', { container: CONTAINER, code: 137 });
    await this.#stage.pass(300);
    pod.remove();
  }
}
