/**
 * A world to replay lives of pods in: kubelets that write, an API server that sends bytes, and one or two agents from
 * those bytes to the outbox, with whatever is done to the connection and to the agents in between. Time moves with the
 * steps alone.
 */
import type { Finding } from '../../internal/pipeline/finding.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import type { KubeletModel } from './kubelet-model.ts';
import { ManualClock } from './manual-clock.ts';
import { ScriptedOutbox } from './pipeline-rig.ts';
import { PodServer, type Cut } from './pod-server.ts';
import { Lives, type Life, type Script } from './replay-lives.ts';
import { Replica, type ReplicaOptions } from './replay-replica.ts';

/** What is done before the step of this index. `outage` lasts for so many steps, and what happens then is hidden. */
export type Disturbance = { readonly at: number } & (
  | { readonly kind: 'reset' | 'relist' | 'restart' | 'restart-lost' | 'switch' }
  | { readonly kind: 'repeat'; readonly events: number }
  | { readonly kind: 'outage'; readonly steps: number }
);

export interface ReplayOptions extends ReplicaOptions {
  readonly disturbances?: readonly Disturbance[];
  readonly cut?: Cut;
  readonly replicas?: 1 | 2;
}

/** How long before it stops a leader renewed last. */
const RENEWED_MS = 17_000;
/** Longer than any stuck state takes to be told, and than what is over takes to be resolved. */
const CALM_MS = 20 * 60_000;

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
