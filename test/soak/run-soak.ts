/**
 * One soak from start to verdict: pods come, go and fail while the API server, the plane, the Lease and one of two agents do
 * what they should not; then all of it is left in peace until everything has been told, or too much time has passed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../internal/platform/random.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { endAndStart, troubleLease } from './agent-faults.ts';
import { Books } from './books.ts';
import { every, pause } from './every.ts';
import { openLister, type Lister } from './lister.ts';
import { drawnMs, paceOf, type Between, type Pace } from './pace.ts';
import { onePlaneFault, planeAway, type PlaneSurroundings } from './plane-faults.ts';
import { COOLDOWN_MS, startSoakRig, type SoakRig } from './rig.ts';
import { outcomeOf, type SoakOutcome } from './outcome.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Flags of both agents, after the usual ones. */
  readonly agentFlags?: readonly string[];
  readonly progress: (line: string) => void;
  /** Ends it early; what was told by then is judged all the same. */
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 1_500;
const MEASURE_EVERY: Between = [5_000, 5_000];
const SETTLE_WITHIN_MS = 300_000;
const MINUTE_MS = 60_000;

export async function runSoak(options: SoakOptions): Promise<SoakOutcome> {
  const pace = paceOf(options.minutes);
  const soak = new Soak(options, pace);
  await using rig = await startSoakRig({
    pace,
    agentFlags: options.agentFlags ?? [],
    listener: soak.listener,
    onFault: (what) => soak.fault(what),
  });
  // Awaited here: the rig ends with this function.
  return await soak.run(rig);
}

class Soak {
  readonly #options: SoakOptions;
  readonly #pace: Pace;
  readonly #did = new Map<string, number>();
  readonly #faults: string[] = [];
  readonly #ending = new AbortController();
  #books: Books | undefined;
  #pods = 0;
  #isJudged = false;

  constructor(options: SoakOptions, pace: Pace) {
    this.#options = options;
    this.#pace = pace;
    if (options.signal.aborted) this.#ending.abort();
    options.signal.addEventListener('abort', () => this.#ending.abort());
  }

  get listener() {
    return {
      onWaiting: (waiting: Parameters<Books['await']>[0]) => this.#books?.await(waiting),
      onDid: (what: string) => this.#count(what),
      onBroken: (why: string) => this.fault(`the cluster of the soak broke: ${why}`),
    };
  }

  /** Nothing of this is expected: the run fails. */
  fault(what: string): void {
    if (this.#isJudged) return;
    this.#faults.push(what);
    this.#options.progress(`FAULT: ${what}`);
    this.#ending.abort();
  }

  async run(rig: SoakRig): Promise<SoakOutcome> {
    const { seed, minutes } = this.#options;
    const { stuckAfterMs, unmanagedHeardMs } = this.#pace;
    const { world, restate } = rig;
    const books = new Books({ ingressUrl: restate.ingressUrl, cooldownMs: COOLDOWN_MS, unmanagedHeardMs });
    this.#books = books;
    await using lister = openLister(world.url, world.adminToken, stuckAfterMs);
    const beganMs = performance.now();
    world.send({ kind: 'start', seed, minutes });
    await Promise.all([rig.steady.start(), rig.hapless.start()]);
    const looking = new AbortController();
    const looks = this.#lookOn(lister, books, rig, looking.signal);
    await Promise.all([this.#trouble(rig, seededRandom(seed + 1)), this.#minutes(rig, books, beganMs)]);
    const churnedMs = performance.now() - beganMs;
    world.send({ kind: 'settle' });
    const isSettled = await this.#settle(rig, books);
    looking.abort();
    await looks;
    await books.readPlane();
    this.#isJudged = true;
    return outcomeOf({
      ...{ seed, minutes: churnedMs / MINUTE_MS, books, did: this.#did, faults: this.#faults, isSettled },
      agents: [rig.steady, rig.hapless],
    });
  }

  #count(what: string): void {
    this.#did.set(what, (this.#did.get(what) ?? 0) + 1);
  }

  /** Lists the cluster, reads the plane, and lets pods go on whose failures have been told. */
  async #lookOn(lister: Lister, books: Books, { world }: SoakRig, signal: AbortSignal): Promise<void> {
    while (!isOver(signal)) {
      const looked = await lister.look().catch(() => undefined);
      if (looked !== undefined) {
        books.take(looked);
        this.#pods = looked.pods;
      }
      const uids = await books.readPlane();
      if (uids.length > 0) world.send({ kind: 'told', uids });
      await pause(LOOK_EVERY_MS, signal);
    }
  }

  /** All that goes wrong beside the API server, until the end. */
  async #trouble(rig: SoakRig, random: Random): Promise<void> {
    const { signal } = this.#ending;
    const { planeFaultEvery, planeAwayEvery, agentKillEvery, leaseTroubleEvery } = this.#pace;
    const around: PlaneSurroundings = { ...rig, pace: this.#pace, random, signal };
    const lease = { url: rig.world.url, token: rig.world.adminToken };
    const doing = (between: Between, act: () => Promise<string>): Promise<void> =>
      every(between, random, signal, async () => this.#count(await act())).catch((error: unknown) => {
        this.fault(error instanceof Error ? (error.stack ?? error.message) : String(error));
      });
    await Promise.all([
      this.#planeTrouble(around, planeFaultEvery, planeAwayEvery),
      doing(agentKillEvery, () => endAndStart(rig.hapless, random, signal)),
      doing(leaseTroubleEvery, () => troubleLease(lease, random).catch(() => 'Lease could not be changed')),
      every(MEASURE_EVERY, random, signal, () => measure(rig)),
    ]);
  }

  /** Small faults, and now and then a long one, never both at once. */
  async #planeTrouble(around: PlaneSurroundings, small: Between, away: Between): Promise<void> {
    const { random, signal } = around;
    try {
      for (let awayAtMs = drawnMs(away, random) + performance.now(); !isOver(signal);) {
        await pause(drawnMs(small, random), signal);
        const isAway = performance.now() >= awayAtMs;
        if (isOver(signal)) break;
        this.#count(isAway ? await planeAway(around) : await onePlaneFault(around));
        if (isAway) awayAtMs = drawnMs(away, random) + performance.now();
      }
    } catch (error) {
      this.fault(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  /** Says how it goes each minute, and ends it when its time is up. */
  async #minutes(rig: SoakRig, books: Books, beganMs: number): Promise<void> {
    const { signal } = this.#ending;
    const endsAtMs = beganMs + this.#options.minutes * MINUTE_MS;
    while (!isOver(signal)) {
      await pause(Math.min(MINUTE_MS, Math.ceil(endsAtMs - performance.now()) + 1), signal);
      this.#options.progress(this.#line(rig, books, beganMs));
      if (performance.now() >= endsAtMs) this.#ending.abort();
    }
  }

  #line({ steady, hapless }: SoakRig, books: Books, beganMs: number): string {
    const happened = [...this.#did.values()].reduce((sum, count) => sum + count, 0);
    const last = steady.lives.at(-1)?.vitals.at(-1);
    const megabytes = ((last?.rssBytes ?? 0) / 2 ** 20).toFixed(0);
    const minute = ((performance.now() - beganMs) / MINUTE_MS).toFixed(1);
    return (
      `minute ${minute}: ${books.failures} failures due, ${books.waiting.length} wait to be told, ` +
      `${books.held.length} events at the plane; ${this.#pods} pods, ${happened} happenings, ${hapless.starts} starts; ` +
      `steady agent ${megabytes} MB, ${last?.files ?? 0} files`
    );
  }

  /** Until nothing waits to be told, and nothing more arrives; false where that takes too long. */
  async #settle(rig: SoakRig, books: Books): Promise<boolean> {
    const deadlineMs = performance.now() + SETTLE_WITHIN_MS;
    for (let quietLooks = 0, before = -1; quietLooks < 4;) {
      if (performance.now() > deadlineMs) return false;
      await sleep(LOOK_EVERY_MS);
      quietLooks = books.waiting.length === 0 && books.held.length === before ? quietLooks + 1 : 0;
      before = books.held.length;
    }
    await measure(rig);
    return true;
  }
}

async function measure({ steady, hapless }: SoakRig): Promise<void> {
  await Promise.all([steady.measure(), hapless.measure()]);
}

const isOver = (signal: AbortSignal): boolean => signal.aborted;
