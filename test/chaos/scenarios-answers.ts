/**
 * Answers that never reach the agent although the plane executed what they answer: because the agent is killed in that
 * very moment, or because the connection breaks. Either way the agent must send the same bytes under the
 * same key again, and the plane must have each effect once.
 */
import { startRig } from './rig.ts';
import type { Executed, Fate, Passing, PlaneDoor } from './plane-door.ts';
import type { Scenario } from './scenario.ts';

const PASS: Fate = { kind: 'pass' };

/** Longest wait for a redelivery before it is called missing. */
const REDELIVERED_WITHIN_MS = 40_000;

/** Lost answers in a row at most: at five the breaker would open, which is another scenario's concern. */
const LOST_IN_A_ROW = 2;

/** Holds answers while `isHolding`, and knows which deliveries still have to come again under their key. */
class Holder {
  isHolding = false;
  readonly #held = new Map<string, string>();
  readonly #changed = new Set<() => void>();
  redelivered = 0;

  constructor(door: PlaneDoor) {
    door.decide = ({ isDelivery }) => (isDelivery && this.isHolding ? { kind: 'hold' } : PASS);
    door.onExecuted = (executed) => this.#see(executed);
  }

  #see({ fate, idempotencyKey, bodyHash, status }: Executed): void {
    if (fate === 'hold' && status < 300) {
      this.#held.set(idempotencyKey, bodyHash);
    } else if (this.#held.get(idempotencyKey) === bodyHash) {
      this.#held.delete(idempotencyKey);
      this.redelivered += 1;
    }
    for (const look of [...this.#changed]) look();
  }

  /** Resolves when at least one answer is held. */
  hasHeld(): Promise<void> {
    return this.#until(() => this.#held.size > 0, 'no delivery came');
  }

  /** Resolves when every delivery whose answer was held has come again, same key and same bytes. */
  allRedelivered(): Promise<void> {
    return this.#until(() => this.#held.size === 0, 'a delivery did not come again under its key');
  }

  #until(isSo: () => boolean, otherwise: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (finish: () => void): void => {
        clearTimeout(timer);
        this.#changed.delete(look);
        finish();
      };
      const look = (): void => {
        if (isSo()) end(resolve);
      };
      const timer = setTimeout(() => end(() => reject(new Error(otherwise))), REDELIVERED_WITHIN_MS);
      this.#changed.add(look);
      look();
    });
  }
}

const killedBeforeNote: Scenario = {
  id: 'R-2',
  fault: "kill -9 between the plane's answer and its note in the outbox",
  run: async ({ form, progress, signal }) => {
    await using rig = await startRig();
    const door = await rig.openDoor();
    const agent = rig.agent(door, { args: ['--batch-flush=50ms'] });
    await agent.start();
    await rig.failAndArrive(10);
    const holder = new Holder(door);
    const times = form === 'long' ? 200 : 10;
    const recoveriesMs: number[] = [];
    await rig.cluster.setRate(50);
    for (let killed = 0; killed < times && !signal.aborted; killed++) {
      holder.isHolding = true;
      await holder.hasHeld();
      holder.isHolding = false;
      await agent.restart();
      await holder.allRedelivered();
      recoveriesMs.push(performance.now() - agent.startedAtMs);
      if (killed % 20 === 19) progress(`${killed + 1} of ${times} kills`);
    }
    const totals = await rig.settle();
    const note = `${holder.redelivered} batches sent again, each under its key and with its bytes`;
    return { ...totals, faultsInjected: times, recoveriesMs, note };
  },
};

/** Loses the answers of two deliveries of five, but never too many in a row, until `most` are lost. */
class Loser {
  readonly retriedMs: number[] = [];
  lost = 0;
  #inARow = 0;
  readonly #lostAtMs = new Map<string, number>();

  constructor(door: PlaneDoor, most: number) {
    door.onPassing = (passing) => this.#retried(passing);
    door.onExecuted = ({ fate, idempotencyKey, executedAtMs }) => {
      if (fate === 'lose-answer') this.#lostAtMs.set(idempotencyKey, executedAtMs);
    };
    door.decide = ({ isDelivery }) => {
      if (!isDelivery || this.lost >= most) return PASS;
      const isLost = this.#inARow < LOST_IN_A_ROW && Math.random() < 0.4;
      this.#inARow = isLost ? this.#inARow + 1 : 0;
      if (!isLost) return PASS;
      this.lost += 1;
      return { kind: 'lose-answer' };
    };
  }

  #retried({ idempotencyKey, atMs }: Passing): void {
    const lostAtMs = this.#lostAtMs.get(idempotencyKey);
    if (lostAtMs === undefined) return;
    this.#lostAtMs.delete(idempotencyKey);
    this.retriedMs.push(atMs - lostAtMs);
  }
}

const lostAnswers: Scenario = {
  id: 'R-31',
  fault: 'connection cut after the plane executed, before its answer',
  run: async ({ form, progress, signal }) => {
    await using rig = await startRig();
    const door = await rig.openDoor();
    const agent = rig.agent(door, { args: ['--batch-flush=20ms'] });
    await agent.start();
    await rig.failAndArrive(10);
    const times = form === 'long' ? 500 : 50;
    const loser = new Loser(door, times);
    await rig.cluster.setRate(100);
    for (let told = 0; loser.lost < times && !signal.aborted;) {
      await door.nextAccepted();
      if (loser.lost - told < 50) continue;
      told = loser.lost;
      progress(`${told} of ${times} answers lost`);
    }
    const totals = await rig.settle();
    const slow = loser.retriedMs.filter((ms) => ms > 2000).length;
    const note = `recovery: until sent again under the same key; ${slow} of them later than 2 s`;
    return { ...totals, faultsInjected: loser.lost, recoveriesMs: loser.retriedMs, note };
  },
};

export const answerScenarios: readonly Scenario[] = [killedBeforeNote, lostAnswers];
