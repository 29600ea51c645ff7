/**
 * What a failure leads to, in each state. The rules, in short: what was done is tried again after a back-off, from where
 * it was; only a resourceVersion that is of no more use (410, a 400 at a watch's start, the same answer five times) leads
 * to a list; 429 never does; a wire format that is refused, or can't be read three times, is given up for JSON.
 */
import { backOffMs, CALM_MS } from './reflector-backoff.ts';
import type { Failure } from './reflector-failure.ts';
import { beginList, goOn, listing, stay, withMemory, withState } from './reflector-state.ts';
import type { Listed, Listing, Machine, Step, Watching } from './reflector-state.ts';
import type { ListCause } from './reflector-types.ts';

export interface Failed {
  readonly failure: Failure;
  /** On the clock's monotonic scale. */
  readonly atMs: number;
  /** In [0, 1). */
  readonly roll: number;
}

/** After so many unreadable answers in a row protobuf is given up for JSON. */
const BROKEN_BEFORE_JSON = 3;
/** After so many useless answers in a row the resourceVersion itself is under suspicion. */
const SETBACKS_BEFORE_RELIST = 5;
const FAILURES_BEFORE_RELIST = 10;
/** A list whose pages expire is asked for in larger ones, up to this. */
const LARGEST_PAGE_ITEMS = 5000;

export function afterFailure(machine: Machine, failed: Failed): Step {
  const { state } = machine;
  switch (state.kind) {
    case 'Empty':
    case 'BackingOff':
    case 'Stopped':
      return stay(machine);
    case 'Listing':
      return state.how === 'pages' ? pageFailed(machine, state, failed) : streamFailed(machine, state, failed);
    case 'Listed':
    case 'Watching':
      return watchFailed(machine, state, failed);
  }
}

function pageFailed(machine: Machine, state: Listing, failed: Failed): Step {
  const anew = listing(machine.memory, state.cause);
  switch (failed.failure.kind) {
    case 'expired':
      return pagesExpired(machine, anew, failed);
    case 'unacceptable':
      return toJson(machine, state) ?? backOff(machine, anew, failed);
    case 'too-large':
      return smallerPages(machine, state) ?? backOff(machine, anew, failed);
    case 'broken':
      return broken(machine, state, failed);
    case 'refused':
    case 'ahead':
      return backOff(machine, anew, failed);
    case 'unreachable':
    case 'unavailable':
    case 'throttled':
    case 'denied':
    case 'idle':
    case 'unannounced':
      return backOff(machine, state, failed);
  }
}

/** The first time at once, in case it was chance; after that the pages are made larger, as the server is too slow for these. */
function pagesExpired(machine: Machine, anew: Listing, failed: Failed): Step {
  if (machine.memory.setbacks === 0) return goOn(setBack(machine), anew);
  const pageItems = Math.min(machine.memory.pageItems * 2, LARGEST_PAGE_ITEMS);
  return backOff(withMemory(setBack(machine), { pageItems }), anew, failed);
}

function streamFailed(machine: Machine, state: Listing, failed: Failed): Step {
  switch (failed.failure.kind) {
    case 'refused':
    case 'unannounced':
      return byPages(machine, state.cause);
    case 'unacceptable':
      return toJson(machine, state) ?? byPages(machine, state.cause);
    case 'broken':
      return broken(machine, state, failed);
    case 'expired':
    case 'ahead':
    case 'idle':
    case 'too-large':
      return machine.memory.setbacks === 0 ? backOff(setBack(machine), state, failed) : byPages(machine, state.cause);
    case 'unreachable':
    case 'unavailable':
    case 'throttled':
    case 'denied':
      return backOff(machine, state, failed);
  }
}

function watchFailed(machine: Machine, state: Listed | Watching, failed: Failed): Step {
  const again: Listed = { kind: 'Listed', resourceVersion: state.resourceVersion };
  switch (failed.failure.kind) {
    case 'expired':
      return relist(setBack(machine), 'expired', machine.memory.setbacks === 0 ? undefined : failed);
    case 'refused':
      return relist(setBack(machine), 'rejected', failed);
    case 'unacceptable':
      return toJson(machine, again) ?? relist(setBack(machine), 'rejected', failed);
    case 'idle':
      return goOn(machine, again);
    case 'broken':
      return broken(machine, again, failed);
    case 'ahead':
    case 'too-large':
    case 'unannounced':
      return suspect(machine, again, failed);
    case 'unavailable':
      return state.kind === 'Watching' ? suspect(machine, again, failed) : notOpened(machine, again, failed);
    case 'unreachable':
    case 'throttled':
    case 'denied':
      return backOff(machine, again, failed);
  }
}

/** A 5xx at a watch's start says nothing about the resourceVersion, until it never ends. */
function notOpened(machine: Machine, again: Listed, failed: Failed): Step {
  if (machine.memory.failures < FAILURES_BEFORE_RELIST) return backOff(machine, again, failed);
  return relist(machine, 'rejected', failed);
}

/** Again from the same resourceVersion, until it has failed too often. */
function suspect(machine: Machine, again: Listed, failed: Failed): Step {
  const next = setBack(machine);
  if (next.memory.setbacks < SETBACKS_BEFORE_RELIST) return backOff(next, again, failed);
  return relist(withMemory(next, { setbacks: 0 }), 'rejected', failed);
}

/** What can't be read is asked for again; then as JSON; and a watch that can't be read as JSON either is given up for a list. */
function broken(machine: Machine, again: Listing | Listed, failed: Failed): Step {
  const next = setBack(machine);
  if (next.memory.setbacks >= BROKEN_BEFORE_JSON && next.memory.format === 'protobuf') {
    const json = withMemory(next, { format: 'json', setbacks: 0 });
    return noted(backOff(json, again, failed), 'json-from-now-on');
  }
  return again.kind === 'Listed' ? suspect(machine, again, failed) : backOff(next, again, failed);
}

function toJson(machine: Machine, again: Listing | Listed): Step | undefined {
  if (machine.memory.format === 'json') return undefined;
  return noted(goOn(withMemory(machine, { format: 'json' }), again), 'json-from-now-on');
}

function byPages(machine: Machine, cause: ListCause): Step {
  return noted(beginList(withMemory(machine, { mayStreamList: false, setbacks: 0 }), cause), 'pages-from-now-on');
}

function smallerPages(machine: Machine, state: Listing): Step | undefined {
  if (machine.memory.pageItems <= 1) return undefined;
  const pageItems = Math.ceil(machine.memory.pageItems / 2);
  return noted(goOn(withMemory(machine, { pageItems }), state), 'smaller-pages');
}

/** Lists anew: at once, or after the back-off for `failed`. */
function relist(machine: Machine, cause: ListCause, failed: Failed | undefined): Step {
  return failed === undefined ? beginList(machine, cause) : backOff(machine, listing(machine.memory, cause), failed);
}

function backOff(machine: Machine, next: Listing | Listed, { failure, atMs, roll }: Failed): Step {
  const isCalm = atMs - machine.memory.lastFailureAtMs > CALM_MS;
  const failures = isCalm ? 1 : machine.memory.failures + 1;
  const delayMs = backOffMs(failure, failures, roll);
  const remembered = withMemory(machine, { failures, lastFailureAtMs: atMs });
  return {
    machine: withState(remembered, { kind: 'BackingOff', untilMs: atMs + delayMs, cause: failure.kind, next }),
    effects: [{ kind: 'wait', delayMs }],
  };
}

function setBack(machine: Machine): Machine {
  return withMemory(machine, { setbacks: machine.memory.setbacks + 1 });
}

function noted(step: Step, what: 'json-from-now-on' | 'pages-from-now-on' | 'smaller-pages'): Step {
  return { machine: step.machine, effects: [...step.effects, { kind: 'note', what }] };
}
