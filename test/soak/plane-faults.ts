/**
 * What happens between the agents of a soak and the plane, one thing at a time: answers of every kind that get lost, cut or
 * late, refusals, kills of the Restate server and the plane, and minutes without either.
 */
import type { Random } from '../../internal/platform/random.ts';
import type { Fate, PlaneDoor } from '../chaos/plane-door.ts';
import type { PlaneProcess } from '../support/plane-process.ts';
import type { RestateServer } from '../support/restate-server.ts';
import { pause } from './every.ts';
import { drawnMs, oneOf, type Between, type Pace } from './pace.ts';

export interface PlaneSurroundings {
  readonly doors: readonly PlaneDoor[];
  readonly restate: RestateServer;
  readonly plane: PlaneProcess;
  readonly pace: Pace;
  readonly random: Random;
  readonly signal: AbortSignal;
}

const LASTS: Between = [500, 5_000];

/** By name; each strikes some of the requests while it lasts. */
const fates: readonly (readonly [name: string, fate: Fate])[] = [
  ['connections reset before the plane', { kind: 'cut-before' }],
  ['connections reset within a request', { kind: 'cut-within' }],
  ['answers lost', { kind: 'lose-answer' }],
  ['answers cut', { kind: 'cut-answer' }],
  ['no answer of the plane', { kind: 'hold' }],
  ['slow plane', { kind: 'slow', ms: 1_500 }],
  ['plane answers 500', { kind: 'refuse', status: 500 }],
  ['plane answers 502', { kind: 'refuse', status: 502 }],
  ['plane answers 503', { kind: 'refuse', status: 503 }],
  ['plane answers 429', { kind: 'refuse', status: 429 }],
];

const kills: readonly (readonly [name: string, of: (around: PlaneSurroundings) => PlaneProcess | RestateServer])[] = [
  ['plane killed', ({ plane }) => plane],
  ['Restate server killed', ({ restate }) => restate],
];

/** One of them; its name. */
export async function onePlaneFault(around: PlaneSurroundings): Promise<string> {
  const { doors, random, signal } = around;
  const [name, what] = oneOf([...fates, ...kills], random);
  if (typeof what === 'function') {
    const killed = what(around);
    await killed.kill();
    await pause(drawnMs(LASTS, random), signal);
    await killed.start();
    return name;
  }
  const share = 0.3 + 0.7 * random.next();
  for (const door of doors) door.decide = () => (random.next() < share ? what : { kind: 'pass' });
  await pause(drawnMs(LASTS, random), signal);
  for (const door of doors) door.decide = undefined;
  return name;
}

/** The plane is away altogether. */
export async function planeAway({ doors, pace, random, signal }: PlaneSurroundings): Promise<string> {
  const fate = oneOf<Fate>([{ kind: 'cut-before' }, { kind: 'refuse', status: 503 }], random);
  for (const door of doors) door.decide = () => fate;
  const awayMs = drawnMs(pace.planeAwayMs, random);
  await pause(awayMs, signal);
  for (const door of doors) door.decide = undefined;
  return 'plane away for long';
}
