/**
 * One of each state and of each input of the reflector, by name, and a short way to write what a step did: the words of
 * the table in test/unit/kubernetes/reflector-state.test.ts.
 */
import type { Failure, FailureKind } from '../../internal/kubernetes/reflector-failure.ts';
import type {
  Effect,
  Input,
  Machine,
  Memory,
  ReflectorState,
  Step,
} from '../../internal/kubernetes/reflector-state.ts';
import { initialMachine } from '../../internal/kubernetes/reflector-state.ts';

const listing = { kind: 'Listing', cause: 'start', continueToken: '', resourceVersion: '' } as const;

export const states = {
  Empty: { kind: 'Empty' },
  'Listing pages': { ...listing, how: 'pages', continueToken: 'c1', resourceVersion: '10' },
  'Listing stream': { ...listing, how: 'stream' },
  Listed: { kind: 'Listed', resourceVersion: '10' },
  Watching: { kind: 'Watching', resourceVersion: '10' },
  BackingOff: {
    kind: 'BackingOff',
    untilMs: 1_005_000,
    cause: 'unavailable',
    next: { kind: 'Listed', resourceVersion: '10' },
  },
  Stopped: { kind: 'Stopped' },
} as const satisfies Record<string, ReflectorState>;
export type StateName = keyof typeof states;

const failures: Record<FailureKind, Failure> = {
  unreachable: { kind: 'unreachable' },
  unavailable: { kind: 'unavailable' },
  throttled: { kind: 'throttled', retryAfterMs: 7000 },
  denied: { kind: 'denied' },
  expired: { kind: 'expired' },
  ahead: { kind: 'ahead' },
  unacceptable: { kind: 'unacceptable' },
  refused: { kind: 'refused' },
  broken: { kind: 'broken' },
  'too-large': { kind: 'too-large' },
  idle: { kind: 'idle' },
  unannounced: { kind: 'unannounced' },
};

type PlainInput = Exclude<Input['kind'], 'failed' | 'page' | 'ended'>;
export type InputName = PlainInput | FailureKind | 'page, more' | 'page, last' | 'ended soon' | 'ended late';

const plain: Record<PlainInput, Input> = {
  start: { kind: 'start' },
  stop: { kind: 'stop' },
  resync: { kind: 'resync' },
  'stream-synced': { kind: 'stream-synced', resourceVersion: '20' },
  opened: { kind: 'opened' },
  progress: { kind: 'progress', resourceVersion: '20' },
  due: { kind: 'due' },
};

/** Time and roll of every input: fixed, so that waits can be written down. */
export const AT_MS = 1_000_000;

export function failed(kind: FailureKind, roll = 0): Input {
  return { kind: 'failed', failure: failures[kind], atMs: AT_MS, roll };
}

export const inputs: Record<InputName, Input> = {
  ...plain,
  'page, more': { kind: 'page', continueToken: 'c2', resourceVersion: '20' },
  'page, last': { kind: 'page', continueToken: '', resourceVersion: '20' },
  'ended soon': { kind: 'ended', lastedMs: 999, atMs: AT_MS, roll: 0 },
  'ended late': { kind: 'ended', lastedMs: 1000, atMs: AT_MS, roll: 0 },
  ...(Object.fromEntries(Object.keys(failures).map((kind) => [kind, failed(kind as FailureKind)])) as Record<
    FailureKind,
    Input
  >),
};

/** A machine in `state` that asks for protobuf and streamed lists and remembers no trouble, but for `memory`. */
export function machineIn(state: ReflectorState, memory: Partial<Memory> = {}): Machine {
  const fresh = initialMachine({ mayStreamList: true, format: 'protobuf', pageItems: 500 });
  return { state, memory: { ...fresh.memory, lastFailureAtMs: AT_MS - 1000, ...memory } };
}

/** `BackingOff 800: watch@10 | wait 800`: state and effects of a step, and what it remembers otherwise than before. */
export function inWords(before: Machine, { machine, effects }: Step): string {
  if (machine === before && effects.length === 0) return '-';
  const remembered = rememberedIn(before.memory, machine.memory);
  return [stateInWords(machine.state), effects.map(effectInWords).join(', '), remembered]
    .filter((part) => part !== '')
    .join(' | ');
}

function stateInWords(state: ReflectorState): string {
  switch (state.kind) {
    case 'Listing':
      return `Listing ${state.how} ${state.cause}${state.continueToken === '' ? '' : ` ${state.continueToken}`}`;
    case 'Listed':
    case 'Watching':
      return `${state.kind}@${state.resourceVersion}`;
    case 'BackingOff':
      return `BackingOff ${state.untilMs - AT_MS} ${state.cause}, then ${stateInWords(state.next)}`;
    case 'Empty':
    case 'Stopped':
      return state.kind;
  }
}

function effectInWords(effect: Effect): string {
  switch (effect.kind) {
    case 'begin-list':
      return `begin ${effect.cause}`;
    case 'fetch-page':
      return `fetch ${effect.continueToken === '' ? 'first' : effect.continueToken}`;
    case 'watch':
      return `watch@${effect.resourceVersion}`;
    case 'wait':
      return `wait ${effect.delayMs}`;
    case 'complete':
      return `complete@${effect.resourceVersion} ${effect.cause}`;
    case 'note':
      return effect.what;
    case 'stream-list':
    case 'cut':
      return effect.kind;
  }
}

function rememberedIn(before: Memory, after: Memory): string {
  const words: string[] = [];
  if (after.setbacks !== before.setbacks) words.push(`setbacks ${after.setbacks}`);
  if (after.pageItems !== before.pageItems) words.push(`pages of ${after.pageItems}`);
  return words.join(', ');
}
