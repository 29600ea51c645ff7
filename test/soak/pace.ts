/**
 * How often things happen in a soak. The long pace is that of a busy, troubled cluster, and leaves agents time to live; the
 * short one has everything happen within a minute. Durations are drawn between two bounds by the seed.
 */
import type { Random } from '../../internal/platform/random.ts';

/** Drawn anew each time. */
export type Between = readonly [fromMs: number, toMs: number];

export interface Pace {
  /** Failing pods begun each second. */
  readonly failuresPerSecond: number;
  /** Harmless changes of healthy pods each second. */
  readonly changesPerSecond: number;
  /** Healthy pods at any time. */
  readonly healthyPods: number;
  /** Of every setting that says how long a state may last. */
  readonly stuckAfterMs: number;
  readonly rolloutEvery: Between;
  readonly stormEvery: Between;
  readonly stormPods: number;
  /** How long a namespace stays managed, and not. */
  readonly namespaceEvery: Between;
  /** How long what an agent does not know yet may still be told of a namespace that is managed no more. */
  readonly unmanagedHeardMs: number;
  readonly apiFaultEvery: Between;
  readonly apiAwayMs: Between;
  readonly planeFaultEvery: Between;
  readonly planeAwayEvery: Between;
  readonly planeAwayMs: Between;
  readonly agentKillEvery: Between;
  readonly leaseTroubleEvery: Between;
  /** Flags of the agents. */
  readonly leaseFlags: readonly string[];
  /** Of a watch that fell silent, it takes minutes until it is noticed. */
  readonly hasSilentWatches: boolean;
  readonly loopsStayMs: number;
}

export const longPace: Pace = {
  failuresPerSecond: 1,
  changesPerSecond: 20,
  healthyPods: 200,
  stuckAfterMs: 15_000,
  rolloutEvery: [20_000, 40_000],
  stormEvery: [180_000, 300_000],
  stormPods: 60,
  namespaceEvery: [60_000, 120_000],
  unmanagedHeardMs: 240_000,
  apiFaultEvery: [8_000, 20_000],
  apiAwayMs: [1_000, 30_000],
  planeFaultEvery: [15_000, 40_000],
  planeAwayEvery: [360_000, 540_000],
  planeAwayMs: [60_000, 180_000],
  agentKillEvery: [30_000, 90_000],
  leaseTroubleEvery: [120_000, 240_000],
  leaseFlags: [],
  hasSilentWatches: true,
  loopsStayMs: 300_000,
};

export const shortPace: Pace = {
  ...longPace,
  failuresPerSecond: 3,
  healthyPods: 60,
  stuckAfterMs: 5_000,
  rolloutEvery: [5_000, 10_000],
  stormEvery: [15_000, 20_000],
  stormPods: 40,
  namespaceEvery: [10_000, 15_000],
  unmanagedHeardMs: 60_000,
  apiFaultEvery: [2_000, 4_000],
  apiAwayMs: [500, 2_000],
  planeFaultEvery: [3_000, 6_000],
  planeAwayEvery: [15_000, 20_000],
  planeAwayMs: [4_000, 6_000],
  agentKillEvery: [6_000, 12_000],
  leaseTroubleEvery: [10_000, 15_000],
  leaseFlags: ['--lease-duration=3s', '--lease-renew-deadline=2s', '--lease-retry=400ms'],
  hasSilentWatches: false,
  loopsStayMs: 10_000,
};

/** Of so many minutes. */
export function paceOf(minutes: number): Pace {
  return minutes < 5 ? shortPace : longPace;
}

export function drawnMs([fromMs, toMs]: Between, random: Random): number {
  return fromMs + random.next() * (toMs - fromMs);
}

/** One of them; throws where there is none. */
export function oneOf<T>(all: readonly T[], random: Random): T {
  const chosen = all[Math.floor(random.next() * all.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
}
