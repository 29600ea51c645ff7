/**
 * A world to replay lives of pods in: kubelets that write, an API server that sends bytes, and one or two agents from
 * those bytes to the outbox, with whatever is done to the connection and to the agents in between. Time moves with the
 * steps alone.
 */
import { PodStore } from '../../internal/kubernetes/pod-store.ts';
import type { PodReading } from '../../internal/kubernetes/pod-reading.ts';
import { Reflector } from '../../internal/kubernetes/reflector.ts';
import { podResource } from '../../internal/kubernetes/resource-pods.ts';
import type { WireFormat } from '../../internal/kubernetes/resource.ts';
import type { Finding } from '../../internal/pipeline/finding.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { UP_TO_DATE, type Behind } from '../../internal/pipeline/up-to-date.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { KubeletModel, type Action } from './kubelet-model.ts';
import { ManualClock } from './manual-clock.ts';
import { PipelineRig, ScriptedOutbox } from './pipeline-rig.ts';
import { CREATED_MS } from './pod-builder.ts';
import { podJson } from './pod-json.ts';
import { PodServer, type Cut } from './pod-server.ts';

export interface Step {
  readonly afterMs: number;
  readonly pod: number;
  /** `remove`: the API server takes it away. */
  readonly action: Action | { readonly do: 'remove' };
}

/** What is done before the step of this index. `outage` lasts for so many steps, and what happens then is hidden. */
export type Disturbance = { readonly at: number } & (
  | { readonly kind: 'reset' | 'relist' | 'restart' | 'restart-lost' | 'switch' }
  | { readonly kind: 'repeat'; readonly events: number }
  | { readonly kind: 'outage'; readonly steps: number }
);

export interface Life {
  readonly policies: readonly ('Always' | 'OnFailure' | 'Never')[];
  readonly steps: readonly Step[];
}

export interface ReplayOptions {
  readonly disturbances?: readonly Disturbance[];
  readonly format?: WireFormat;
  readonly cut?: Cut;
  readonly replicas?: 1 | 2;
  readonly cooldownMs?: number;
  /** All where absent. */
  readonly enabledReasons?: readonly string[];
}

/** How long before it stops a leader renewed last. */
const RENEWED_MS = 17_000;
/** Longer than any stuck state takes to be told, and than what is over takes to be resolved. */
const CALM_MS = 20 * 60_000;

/** One process of the agent. A later one may have its outbox. */
class Replica {
  readonly rig: PipelineRig;
  readonly outbox: ScriptedOutbox;
  readonly #reflector: Reflector<PodReading>;

  constructor(server: PodServer, clock: ManualClock, options: ReplayOptions, outbox: ScriptedOutbox) {
    const { cooldownMs: dedupCooldownMs = 180_000, format = 'json', enabledReasons = ['*'] } = options;
    this.outbox = outbox;
    const settings = { enabledReasons, eventTypes: ['resolved'] as const, dedupCooldownMs };
    const behind = (): Behind => (this.#reflector.state.kind === 'Watching' ? UP_TO_DATE : new Set(['']));
    this.rig = new PipelineRig({ outbox, clock, settings, behind, listPods: () => store.loudPods() });
    const { pipeline } = this.rig;
    const store = new PodStore({
      onChange: (change) => pipeline.process(change),
      onSynced: (cause) => {
        if (cause === 'initial') pipeline.synced();
      },
    });
    this.#reflector = new Reflector({
      ...{ resource: podResource(store), sink: store, transport: server, clock, logger: silentLogger() },
      random: { next: () => 0, hex: () => '' },
      limits: { streamingList: 'never', format },
    });
  }

  async start(isTelling: boolean): Promise<this> {
    this.rig.isTelling = isTelling;
    await this.rig.pipeline.load();
    this.#reflector.start();
    return this;
  }

  /** Dies without a word: what was not stored is lost. */
  async kill(): Promise<void> {
    this.rig.isTelling = false;
    await this.stop();
  }

  async stop(): Promise<void> {
    await this.#reflector.stop();
    await this.rig.pipeline.stop();
  }
}

/** Lives made up, or a life that was recorded. */
interface Script {
  readonly startMs: number;
  begin(server: PodServer, clock: ManualClock): void;
  readonly steps: readonly { readonly afterMs: number; readonly act: (server: PodServer) => void }[];
}

/** What came of it: everything every agent said. */
export interface Said {
  /** What went into an outbox, in order. */
  readonly told: readonly Finding[];
  /** What was detected, told or not. */
  readonly seen: readonly Finding[];
  /** All failures of stages. */
  readonly failures: readonly string[];
  /** Changes each agent took, in order. */
  readonly changes: readonly PodFacts[];
  /** Of those running at the end. */
  readonly outboxes: readonly ScriptedOutbox[];
}

export interface Replayed extends Said {
  readonly models: readonly KubeletModel[];
  readonly gone: ReadonlySet<KubeletModel>;
}

/** What a recording says happened to its pods, and when. */
export type Recording = readonly { readonly atMs: number; readonly act: (server: PodServer) => void }[];

export async function replay(life: Life, options: ReplayOptions = {}): Promise<Replayed> {
  const lives = new Lives(life);
  return { ...(await play(lives, options)), models: lives.models, gone: lives.gone };
}

/** The same of what was recorded, in its own time. */
export function replayRecorded(recording: Recording, options: ReplayOptions = {}): Promise<Said> {
  const [first] = recording;
  let lastMs = first?.atMs ?? 0;
  const steps = recording.map(({ atMs, act }) => {
    const afterMs = Math.max(0, atMs - lastMs);
    lastMs = Math.max(lastMs, atMs);
    return { afterMs, act };
  });
  return play({ startMs: first?.atMs ?? 0, begin: () => undefined, steps }, options);
}

async function play(script: Script, options: ReplayOptions): Promise<Said> {
  const world = new World(script, options);
  await world.begin();
  for (const [index, step] of script.steps.entries()) {
    for (const disturbance of options.disturbances ?? [])
      if (disturbance.at === index) await world.disturb(disturbance);
    await world.perform(step);
  }
  return world.end();
}

/** Lives made up: a kubelet for each pod. */
class Lives implements Script {
  readonly startMs = CREATED_MS;
  readonly gone = new Set<KubeletModel>();
  readonly #life: Life;
  #models: readonly KubeletModel[] = [];

  constructor(life: Life) {
    this.#life = life;
  }

  get models(): readonly KubeletModel[] {
    return this.#models;
  }

  begin(server: PodServer, clock: ManualClock): void {
    const nowMs = (): number => clock.now();
    this.#models = this.#life.policies.map(
      (restartPolicy, at) => new KubeletModel({ restartPolicy, name: `pod-${at}`, uid: `uid-${at}`, nowMs }),
    );
    for (const { facts } of this.#models) server.put(podJson(facts));
  }

  get steps(): Script['steps'] {
    return this.#life.steps.map(({ afterMs, pod, action }) => ({
      afterMs,
      act: (server) => this.#act(server, pod, action),
    }));
  }

  #act(server: PodServer, at: number, action: Step['action']): void {
    const model = this.#models[at % this.#models.length];
    if (model === undefined || this.gone.has(model)) return;
    if (action.do !== 'remove') {
      server.put(podJson(model.apply(action)));
      return;
    }
    this.gone.add(model);
    server.remove(model.facts.uid);
  }
}

class World {
  readonly #clock: ManualClock;
  readonly #server: PodServer;
  readonly #options: ReplayOptions;
  readonly #script: Script;
  readonly #all: Replica[] = [];
  #replicas: Replica[] = [];
  #leader = 0;
  #outageSteps = 0;

  constructor(script: Script, options: ReplayOptions) {
    this.#script = script;
    this.#options = options;
    this.#clock = new ManualClock(script.startMs);
    this.#server = new PodServer(options.format ?? 'json', options.cut ?? ((frame) => [frame]));
  }

  async begin(): Promise<void> {
    this.#script.begin(this.#server, this.#clock);
    for (let at = 0; at < (this.#options.replicas ?? 1); at++) this.#replicas.push(await this.#start(at, undefined));
    await this.#clock.advance(0);
  }

  async disturb(disturbance: Disturbance): Promise<void> {
    switch (disturbance.kind) {
      case 'reset':
        this.#server.reset();
        break;
      case 'relist':
        this.#server.compact();
        this.#server.reset();
        break;
      case 'repeat':
        this.#server.repeat(disturbance.events);
        break;
      case 'outage':
        this.#outageSteps = disturbance.steps;
        this.#server.isDown = true;
        this.#server.reset();
        break;
      case 'restart':
      case 'restart-lost':
        await this.#restart(disturbance.kind === 'restart');
        break;
      case 'switch':
        this.#switch();
    }
    await this.#settled();
  }

  async perform({ afterMs, act }: Script['steps'][number]): Promise<void> {
    await this.#clock.advance(afterMs);
    act(this.#server);
    await this.#settled();
    if (this.#outageSteps > 0 && --this.#outageSteps === 0) await this.#heal();
  }

  async end(): Promise<Said> {
    if (this.#server.isDown) await this.#heal();
    await this.#clock.advance(CALM_MS);
    await this.#settled();
    for (const replica of this.#replicas) await replica.stop();
    const observers = this.#all.map(({ rig }) => rig.observer);
    return {
      told: observers.flatMap(({ storedFindings }) => storedFindings),
      seen: observers.flatMap(({ decisions }) => decisions.map(({ finding }) => finding)),
      failures: observers.flatMap(({ failures }) => failures),
      changes: observers.flatMap(({ changed }) => changed),
      outboxes: this.#replicas.map(({ outbox }) => outbox),
    };
  }

  /** The server is back, and has forgotten what it sent meanwhile. */
  async #heal(): Promise<void> {
    this.#outageSteps = 0;
    this.#server.isDown = false;
    this.#server.compact();
    await this.#settled();
  }

  async #restart(hasState: boolean): Promise<void> {
    const old = this.#replicas[this.#leader];
    await old?.kill();
    this.#replicas[this.#leader] = await this.#start(this.#leader, hasState ? old?.outbox : undefined);
  }

  /** The old leader notices first. */
  #switch(): void {
    const next = (this.#leader + 1) % this.#replicas.length;
    for (const [at, { rig }] of this.#replicas.entries()) rig.isTelling = at === next;
    if (next !== this.#leader) this.#replicas[next]?.rig.pipeline.beginTerm(this.#clock.now() - RENEWED_MS);
    this.#leader = next;
  }

  async #start(at: number, outbox: ScriptedOutbox = new ScriptedOutbox()): Promise<Replica> {
    const replica = new Replica(this.#server, this.#clock, this.#options, outbox);
    this.#all.push(replica);
    return replica.start(at === this.#leader);
  }

  async #settled(): Promise<void> {
    await this.#clock.advance(0);
    for (const { rig } of this.#replicas) await rig.pipeline.settled();
    await this.#clock.advance(0);
  }
}
