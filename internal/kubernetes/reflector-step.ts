/**
 * What leads from one state of the reflector to the next: a pure, total function from (machine, input) to (machine,
 * effects). reflector.ts performs the effects and feeds back what came of them; what came of a request that was cut
 * since is not fed back. Inputs that mean nothing in a state change nothing.
 */
import { afterFailure } from './reflector-failed.ts';
import type { Failure } from './reflector-failure.ts';
import { beginList, goOn, listing, stay, withMemory, withState } from './reflector-state.ts';
import type { Input, Machine, Step } from './reflector-state.ts';

/** A watch that ends in good order sooner than this counts as a failure, or a broken proxy would be asked in a hot loop. */
const SHORTEST_WATCH_MS = 1000;

/** What is to be done about `input`. */
export function step(machine: Machine, input: Input): Step {
  if (machine.state.kind === 'Stopped') return stay(machine);
  switch (input.kind) {
    case 'start':
      return machine.state.kind === 'Empty' ? beginList(machine, 'start') : stay(machine);
    case 'stop':
      return { machine: { ...machine, state: { kind: 'Stopped' } }, effects: [{ kind: 'cut' }] };
    case 'resync':
      return onResync(machine);
    case 'page':
      return onPage(machine, input);
    case 'stream-synced':
      return onStreamSynced(machine, input.resourceVersion);
    case 'opened':
      return machine.state.kind === 'Listed'
        ? stay(withState(machine, { ...machine.state, kind: 'Watching' }))
        : stay(machine);
    case 'progress':
      return onProgress(machine, input.resourceVersion);
    case 'ended':
      return onEnded(machine, input);
    case 'failed':
      return afterFailure(machine, input);
    case 'due':
      return machine.state.kind === 'BackingOff' ? goOn(machine, machine.state.next) : stay(machine);
  }
}

function onResync(machine: Machine): Step {
  const { state, memory } = machine;
  switch (state.kind) {
    case 'Empty':
    case 'Stopped':
      return stay(machine);
    case 'BackingOff': {
      const cause = state.next.kind === 'Listing' ? state.next.cause : 'resync';
      return stay(withState(machine, { ...state, next: listing(memory, cause) }));
    }
    case 'Listing':
    case 'Listed':
    case 'Watching': {
      const begun = beginList(machine, state.kind === 'Listing' ? state.cause : 'resync');
      return { machine: begun.machine, effects: [{ kind: 'cut' }, ...begun.effects] };
    }
  }
}

function onPage(machine: Machine, page: { continueToken: string; resourceVersion: string }): Step {
  const { state } = machine;
  if (state.kind !== 'Listing' || state.how !== 'pages') return stay(machine);
  const resourceVersion = state.resourceVersion === '' ? page.resourceVersion : state.resourceVersion;
  if (page.continueToken !== '') return goOn(machine, { ...state, continueToken: page.continueToken, resourceVersion });
  const whole = complete(machine, resourceVersion);
  const opening = goOn(whole.machine, { kind: 'Listed', resourceVersion });
  return { machine: opening.machine, effects: [...whole.effects, ...opening.effects] };
}

function onStreamSynced(machine: Machine, resourceVersion: string): Step {
  if (machine.state.kind !== 'Listing' || machine.state.how !== 'stream') return stay(machine);
  const whole = complete(machine, resourceVersion);
  return { machine: withState(whole.machine, { kind: 'Watching', resourceVersion }), effects: whole.effects };
}

function complete(machine: Machine, resourceVersion: string): Step {
  const cause = machine.memory.hasSynced ? 'relist' : 'initial';
  return {
    machine: withMemory(machine, { hasSynced: true }),
    effects: [{ kind: 'complete', resourceVersion, cause }],
  };
}

function onProgress(machine: Machine, resourceVersion: string): Step {
  const { state } = machine;
  if (state.kind !== 'Watching' || state.resourceVersion === resourceVersion) return stay(machine);
  return stay(withMemory(withState(machine, { kind: 'Watching', resourceVersion }), { setbacks: 0 }));
}

function onEnded(machine: Machine, input: { lastedMs: number; atMs: number; roll: number }): Step {
  const { state } = machine;
  if (state.kind === 'Watching' && input.lastedMs >= SHORTEST_WATCH_MS) {
    return goOn(machine, { kind: 'Listed', resourceVersion: state.resourceVersion });
  }
  const isStream = state.kind === 'Listing' && state.how === 'stream';
  if (state.kind !== 'Watching' && !isStream) return stay(machine);
  const failure: Failure = isStream ? { kind: 'unannounced' } : { kind: 'unavailable' };
  return afterFailure(machine, { failure, atMs: input.atMs, roll: input.roll });
}
