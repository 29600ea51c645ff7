/**
 * The reflector's states, inputs and effects, and the few moves that both halves of its step function are made of
 * (reflector-step.ts for what goes well, reflector-failed.ts for what doesn't).
 *
 *     Empty -start-> Listing -last page-> Listed -opened-> Watching -ended-> Listed ...
 *     any failure -> BackingOff -due-> what was to be done; expired -> Listing; stop -> Stopped
 */
import type { Failure, FailureKind } from './reflector-failure.ts';
import type { ListCause } from './reflector-types.ts';
import type { WireFormat } from './resource.ts';

export interface Listing {
  readonly kind: 'Listing';
  readonly how: 'pages' | 'stream';
  readonly cause: ListCause;
  /** Where the next page begins; '' for the first, and for a stream. */
  readonly continueToken: string;
  /** Of the first page: what a watch may safely start from. '' before it came. */
  readonly resourceVersion: string;
}

/** The list is whole and a watch from there is asked for. */
export interface Listed {
  readonly kind: 'Listed';
  readonly resourceVersion: string;
}

export interface Watching {
  readonly kind: 'Watching';
  readonly resourceVersion: string;
}

export interface BackingOff {
  readonly kind: 'BackingOff';
  /** On the clock's monotonic scale. */
  readonly untilMs: number;
  readonly cause: FailureKind;
  /** What to go on with. */
  readonly next: Listing | Listed;
}

export type ReflectorState =
  { readonly kind: 'Empty' } | Listing | Listed | Watching | BackingOff | { readonly kind: 'Stopped' };

/** What outlives a state. */
export interface Memory {
  /** Failures in a row, with less than CALM_MS between them. */
  readonly failures: number;
  readonly lastFailureAtMs: number;
  /** Times in a row that the server's answer itself was of no use, without anything new read in between. */
  readonly setbacks: number;
  readonly mayStreamList: boolean;
  readonly format: WireFormat;
  readonly pageItems: number;
  /** Has a list ever been whole? Until then what a list tells is `initial`. */
  readonly hasSynced: boolean;
}

export interface Machine {
  readonly state: ReflectorState;
  readonly memory: Memory;
}

export type Input =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'resync' }
  /** A page is in the sink. `continueToken` is '' after the last one. */
  | { readonly kind: 'page'; readonly continueToken: string; readonly resourceVersion: string }
  /** The end of a streamed list was announced; its watch goes on. */
  | { readonly kind: 'stream-synced'; readonly resourceVersion: string }
  /** The server began to answer a watch. */
  | { readonly kind: 'opened' }
  /** Events up to here are in the sink. */
  | { readonly kind: 'progress'; readonly resourceVersion: string }
  /** The server ended a watch in good order. */
  | { readonly kind: 'ended'; readonly lastedMs: number; readonly atMs: number; readonly roll: number }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly atMs: number; readonly roll: number }
  /** A back-off is over. */
  | { readonly kind: 'due' };

export type Effect =
  /** Tell the sink that a list begins. */
  | { readonly kind: 'begin-list'; readonly cause: ListCause }
  | { readonly kind: 'fetch-page'; readonly continueToken: string }
  | { readonly kind: 'stream-list' }
  | { readonly kind: 'watch'; readonly resourceVersion: string }
  | { readonly kind: 'wait'; readonly delayMs: number }
  /** End the request or the wait that runs. */
  | { readonly kind: 'cut' }
  /** Tell the sink that the list is whole. */
  | { readonly kind: 'complete'; readonly resourceVersion: string; readonly cause: 'initial' | 'relist' }
  | { readonly kind: 'note'; readonly what: 'json-from-now-on' | 'pages-from-now-on' | 'smaller-pages' };

export interface Step {
  readonly machine: Machine;
  readonly effects: readonly Effect[];
}

export function initialMachine(options: Pick<Memory, 'mayStreamList' | 'format' | 'pageItems'>): Machine {
  return {
    state: { kind: 'Empty' },
    memory: { failures: 0, lastFailureAtMs: 0, setbacks: 0, hasSynced: false, ...options },
  };
}

/** Nothing to do. */
export function stay(machine: Machine): Step {
  return { machine, effects: [] };
}

export function withState(machine: Machine, state: ReflectorState): Machine {
  return { ...machine, state };
}

export function withMemory(machine: Machine, memory: Partial<Memory>): Machine {
  return { ...machine, memory: { ...machine.memory, ...memory } };
}

/** The start of a list, in the way that is open. */
export function listing(memory: Memory, cause: ListCause): Listing {
  return {
    kind: 'Listing',
    how: memory.mayStreamList ? 'stream' : 'pages',
    cause,
    continueToken: '',
    resourceVersion: '',
  };
}

/** Enters `next` now. A list that starts from its first page is told to the sink as a new one. */
export function goOn(machine: Machine, next: Listing | Listed): Step {
  return { machine: withState(machine, next), effects: effectsOf(next) };
}

function effectsOf(next: Listing | Listed): Effect[] {
  if (next.kind === 'Listed') return [{ kind: 'watch', resourceVersion: next.resourceVersion }];
  const begin: Effect = { kind: 'begin-list', cause: next.cause };
  if (next.how === 'stream') return [begin, { kind: 'stream-list' }];
  const fetch: Effect = { kind: 'fetch-page', continueToken: next.continueToken };
  return next.continueToken === '' ? [begin, fetch] : [fetch];
}

export function beginList(machine: Machine, cause: ListCause): Step {
  return goOn(machine, listing(machine.memory, cause));
}
