/**
 * Generators for fast-check: actions on a pod, histories made of them, and what a bad watch makes of a history.
 */
import fc from 'fast-check';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { KubeletModel, type Action } from './kubelet-model.ts';

const container = fc.nat({ max: 3 });

/** What happens to containers: mostly exits and restarts, as that is where the rules are. */
const containerAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('proceed' as const), container }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('exit' as const),
      container,
      code: fc.constantFrom(0, 1, 1, 2, 137, 143, 255),
      isOom: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      container,
      reason: fc.constantFrom('ErrImagePull', 'ImagePullBackOff', 'CreateContainerConfigError', 'CreateContainerError'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('touch' as const) }) },
);

/** Beside that, what ends or hides things. */
export const anyAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 30, arbitrary: containerAction },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), container }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'evict' as const) }) },
);

/** A pod's life: what happened to it, and what the API server showed before and after each action. */
export class History {
  readonly model: KubeletModel;
  readonly steps: readonly PodFacts[];
  readonly #actions: readonly Action[];

  constructor(actions: readonly Action[], restartPolicy: 'Always' | 'OnFailure' | 'Never') {
    this.model = new KubeletModel({ restartPolicy });
    this.#actions = actions;
    this.steps = [this.model.facts, ...actions.map((action) => this.model.apply(action))];
  }

  /** How fast-check prints a counterexample. */
  [fc.toStringMethod](): string {
    const actions = this.#actions.map((action) => Object.values(action).join(' '));
    return `${this.model.facts.restartPolicy}: ${actions.join('; ')}`;
  }
}

/** A history, and what a watch with gaps shows of it. */
export class Disturbed {
  readonly history: History;
  readonly shown: readonly PodFacts[];
  readonly #fates: readonly Fate[];

  constructor(history: History, fates: readonly Fate[]) {
    this.history = history;
    this.#fates = fates;
    this.shown = history.steps.flatMap((step, index) => showings(step, fates[index] ?? 'show'));
  }

  [fc.toStringMethod](): string {
    return `${this.history[fc.toStringMethod]()} as ${this.#fates.join(' ')}`;
  }
}

type Fate = 'show' | 'hide' | 'repeat';

function showings(step: PodFacts, fate: Fate): PodFacts[] {
  if (fate === 'hide') return [];
  return fate === 'repeat' ? [step, step] : [step];
}

const edit: fc.Arbitrary<Action> = fc.record({ do: fc.constant('edit-image' as const), container });

const policies = fc.constantFrom('Always' as const, 'OnFailure' as const, 'Never' as const);

function histories(action: fc.Arbitrary<Action>): fc.Arbitrary<History> {
  return fc
    .tuple(fc.array(action, { maxLength: 60, size: 'max' }), policies)
    .map(([actions, policy]) => new History(actions, policy));
}

/** A pod that lives: only its containers come and go. */
export const livingHistory: fc.Arbitrary<History> = histories(containerAction);

/** Any life and death of a pod, but for edits of its spec. */
export const anyHistory: fc.Arbitrary<History> = histories(anyAction);

/** Edits of the spec as well. */
export const editedHistory: fc.Arbitrary<History> = histories(
  fc.oneof({ weight: 30, arbitrary: anyAction }, { weight: 1, arbitrary: edit }),
);

/**
 * Steps missing, steps shown again. No edits of the spec: who didn't see the container run before the edit can't know
 * that its end was planned, and tells it.
 */
export const disturbedHistory: fc.Arbitrary<Disturbed> = anyHistory.chain((history) =>
  fc
    .array(fc.constantFrom<Fate>('show', 'show', 'hide', 'hide', 'repeat'), {
      maxLength: history.steps.length,
      size: 'max',
    })
    .map((fates) => new Disturbed(history, fates)),
);
