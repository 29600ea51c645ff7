/**
 * The reflector's whole transition table. Each pair of a state and an input is either in `leads` or named in `ignored`;
 * a pair in neither, or in both, fails the first test. How to read a row: new state | effects | what is remembered.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { step } from '../../../internal/kubernetes/reflector-step.ts';
import {
  failed,
  inputs,
  inWords,
  machineIn,
  states,
  type InputName,
  type StateName,
} from '../../support/reflector-cases.ts';

const leads: Record<StateName, Partial<Record<InputName, string>>> = {
  Empty: {
    start: 'Listing stream start | begin start, stream-list',
    stop: 'Stopped | cut',
  },
  'Listing pages': {
    stop: 'Stopped | cut',
    resync: 'Listing stream start | cut, begin start, stream-list',
    'page, more': 'Listing pages start c2 | fetch c2',
    'page, last': 'Listed@10 | complete@10 initial, watch@10',
    unreachable: 'BackingOff 800 unreachable, then Listing pages start c1 | wait 800',
    unavailable: 'BackingOff 800 unavailable, then Listing pages start c1 | wait 800',
    throttled: 'BackingOff 7000 throttled, then Listing pages start c1 | wait 7000',
    denied: 'BackingOff 800 denied, then Listing pages start c1 | wait 800',
    expired: 'Listing stream start | begin start, stream-list | setbacks 1',
    ahead: 'BackingOff 800 ahead, then Listing stream start | wait 800',
    unacceptable: 'Listing pages start c1 | fetch c1, json-from-now-on',
    refused: 'BackingOff 800 refused, then Listing stream start | wait 800',
    broken: 'BackingOff 800 broken, then Listing pages start c1 | wait 800 | setbacks 1',
    'too-large': 'Listing pages start c1 | fetch c1, smaller-pages | pages of 250',
    idle: 'BackingOff 800 idle, then Listing pages start c1 | wait 800',
    unannounced: 'BackingOff 800 unannounced, then Listing pages start c1 | wait 800',
  },
  'Listing stream': {
    stop: 'Stopped | cut',
    resync: 'Listing stream start | cut, begin start, stream-list',
    'stream-synced': 'Watching@20 | complete@20 initial',
    'ended soon': 'Listing pages start | begin start, fetch first, pages-from-now-on',
    'ended late': 'Listing pages start | begin start, fetch first, pages-from-now-on',
    unreachable: 'BackingOff 800 unreachable, then Listing stream start | wait 800',
    unavailable: 'BackingOff 800 unavailable, then Listing stream start | wait 800',
    throttled: 'BackingOff 7000 throttled, then Listing stream start | wait 7000',
    denied: 'BackingOff 800 denied, then Listing stream start | wait 800',
    expired: 'BackingOff 800 expired, then Listing stream start | wait 800 | setbacks 1',
    ahead: 'BackingOff 800 ahead, then Listing stream start | wait 800 | setbacks 1',
    unacceptable: 'Listing stream start | begin start, stream-list, json-from-now-on',
    refused: 'Listing pages start | begin start, fetch first, pages-from-now-on',
    broken: 'BackingOff 800 broken, then Listing stream start | wait 800 | setbacks 1',
    'too-large': 'BackingOff 800 too-large, then Listing stream start | wait 800 | setbacks 1',
    idle: 'BackingOff 800 idle, then Listing stream start | wait 800 | setbacks 1',
    unannounced: 'Listing pages start | begin start, fetch first, pages-from-now-on',
  },
  Listed: {
    stop: 'Stopped | cut',
    resync: 'Listing stream resync | cut, begin resync, stream-list',
    opened: 'Watching@10',
    unreachable: 'BackingOff 800 unreachable, then Listed@10 | wait 800',
    unavailable: 'BackingOff 800 unavailable, then Listed@10 | wait 800',
    throttled: 'BackingOff 7000 throttled, then Listed@10 | wait 7000',
    denied: 'BackingOff 800 denied, then Listed@10 | wait 800',
    expired: 'Listing stream expired | begin expired, stream-list | setbacks 1',
    ahead: 'BackingOff 800 ahead, then Listed@10 | wait 800 | setbacks 1',
    unacceptable: 'Listed@10 | watch@10, json-from-now-on',
    refused: 'BackingOff 800 refused, then Listing stream rejected | wait 800 | setbacks 1',
    broken: 'BackingOff 800 broken, then Listed@10 | wait 800 | setbacks 1',
    'too-large': 'BackingOff 800 too-large, then Listed@10 | wait 800 | setbacks 1',
    idle: 'Listed@10 | watch@10',
    unannounced: 'BackingOff 800 unannounced, then Listed@10 | wait 800 | setbacks 1',
  },
  Watching: {
    stop: 'Stopped | cut',
    resync: 'Listing stream resync | cut, begin resync, stream-list',
    progress: 'Watching@20',
    'ended soon': 'BackingOff 800 unavailable, then Listed@10 | wait 800 | setbacks 1',
    'ended late': 'Listed@10 | watch@10',
    unreachable: 'BackingOff 800 unreachable, then Listed@10 | wait 800',
    unavailable: 'BackingOff 800 unavailable, then Listed@10 | wait 800 | setbacks 1',
    throttled: 'BackingOff 7000 throttled, then Listed@10 | wait 7000',
    denied: 'BackingOff 800 denied, then Listed@10 | wait 800',
    expired: 'Listing stream expired | begin expired, stream-list | setbacks 1',
    ahead: 'BackingOff 800 ahead, then Listed@10 | wait 800 | setbacks 1',
    unacceptable: 'Listed@10 | watch@10, json-from-now-on',
    refused: 'BackingOff 800 refused, then Listing stream rejected | wait 800 | setbacks 1',
    broken: 'BackingOff 800 broken, then Listed@10 | wait 800 | setbacks 1',
    'too-large': 'BackingOff 800 too-large, then Listed@10 | wait 800 | setbacks 1',
    idle: 'Listed@10 | watch@10',
    unannounced: 'BackingOff 800 unannounced, then Listed@10 | wait 800 | setbacks 1',
  },
  BackingOff: {
    stop: 'Stopped | cut',
    resync: 'BackingOff 5000 unavailable, then Listing stream resync',
    due: 'Listed@10 | watch@10',
  },
  Stopped: {},
};

const failureNames: readonly InputName[] = [
  ...(['unreachable', 'unavailable', 'throttled', 'denied', 'expired', 'ahead', 'unacceptable', 'refused'] as const),
  ...(['broken', 'too-large', 'idle', 'unannounced'] as const),
];
const pageNames = ['page, more', 'page, last'] as const;
const endNames = ['ended soon', 'ended late'] as const;

const ignored: Record<StateName, readonly InputName[]> = {
  Empty: ['resync', 'stream-synced', 'opened', 'progress', 'due', ...pageNames, ...endNames, ...failureNames],
  'Listing pages': ['start', 'stream-synced', 'opened', 'progress', 'due', ...endNames],
  'Listing stream': ['start', 'opened', 'progress', 'due', ...pageNames],
  Listed: ['start', 'stream-synced', 'progress', 'due', ...pageNames, ...endNames],
  Watching: ['start', 'stream-synced', 'opened', 'due', ...pageNames],
  BackingOff: ['start', 'stream-synced', 'opened', 'progress', ...pageNames, ...endNames, ...failureNames],
  Stopped: Object.keys(inputs) as InputName[],
};

const stateNames = Object.keys(states) as StateName[];
const inputNames = Object.keys(inputs) as InputName[];

describe('the transition table of the reflector', () => {
  test('covers every pair of state and input exactly once', () => {
    for (const state of stateNames) {
      const covered = [...Object.keys(leads[state]), ...ignored[state]].sort();
      assert.deepEqual(covered, [...inputNames].sort(), state);
    }
  });

  for (const stateName of stateNames) {
    for (const inputName of inputNames) {
      const expected = leads[stateName][inputName] ?? '-';
      test(`${stateName} and ${inputName}: ${expected === '-' ? 'nothing' : expected}`, () => {
        const before = machineIn(states[stateName]);
        assert.equal(inWords(before, step(before, inputs[inputName])), expected);
      });
    }
  }
});

describe('what the reflector remembers', () => {
  test('once synced, a list is told as a relist', () => {
    const before = machineIn(states['Listing pages'], { hasSynced: true });
    assert.equal(inWords(before, step(before, inputs['page, last'])), 'Listed@10 | complete@10 relist, watch@10');
  });

  test('a resourceVersion that expires again before anything was read waits before the next list', () => {
    const before = machineIn(states.Watching, { setbacks: 1 });
    assert.match(
      inWords(before, step(before, failed('expired'))),
      /^BackingOff 800 expired, then Listing stream expired/,
    );
  });

  test('pages that expire twice are asked for in larger ones, up to a bound', () => {
    const twice = machineIn(states['Listing pages'], { setbacks: 1 });
    assert.match(inWords(twice, step(twice, failed('expired'))), /setbacks 2, pages of 1000$/);
    const often = machineIn(states['Listing pages'], { setbacks: 9, pageItems: 4000 });
    assert.match(inWords(often, step(often, failed('expired'))), /pages of 5000$/);
  });

  test('a page of one object that is still too large is waited for, not asked for in a loop', () => {
    const before = machineIn(states['Listing pages'], { pageItems: 1 });
    assert.match(inWords(before, step(before, failed('too-large'))), /^BackingOff/);
  });

  test('the third unreadable answer in a row gives protobuf up for JSON', () => {
    for (const state of [states['Listing pages'], states['Listing stream'], states.Listed, states.Watching]) {
      const before = machineIn(state, { setbacks: 2 });
      const { machine, effects } = step(before, failed('broken'));
      assert.equal(machine.memory.format, 'json');
      assert.deepEqual(effects.at(-1), { kind: 'note', what: 'json-from-now-on' });
    }
  });

  test('the fifth useless answer in a row to a watch leads to a list', () => {
    for (const kind of ['broken', 'unavailable', 'ahead'] as const) {
      const before = machineIn(states.Watching, { setbacks: 4, format: 'json' });
      assert.match(inWords(before, step(before, failed(kind))), /then Listing stream rejected .*setbacks 0$/, kind);
    }
  });

  test('a watch that ten times did not begin for a 5xx leads to a list, but never for 429, rights or the network', () => {
    const before = machineIn(states.Listed, { failures: 10 });
    assert.match(inWords(before, step(before, failed('unavailable'))), /then Listing stream rejected/);
    for (const kind of ['throttled', 'denied', 'unreachable'] as const) {
      assert.match(inWords(before, step(before, failed(kind))), /then Listed@10/, kind);
    }
  });

  test('JSON that is refused too is a refusal: a list waits, a watch begins anew with a list', () => {
    const json = { format: 'json' } as const;
    const page = machineIn(states['Listing pages'], json);
    assert.match(inWords(page, step(page, failed('unacceptable'))), /^BackingOff 800 unacceptable, then Listing/);
    const stream = machineIn(states['Listing stream'], json);
    assert.match(inWords(stream, step(stream, failed('unacceptable'))), /^Listing pages start/);
    const watch = machineIn(states.Watching, json);
    assert.match(inWords(watch, step(watch, failed('unacceptable'))), /then Listing stream rejected/);
  });

  test('a streamed list that fails twice by itself is asked for in pages from then on', () => {
    for (const kind of ['idle', 'expired', 'ahead', 'too-large'] as const) {
      const before = machineIn(states['Listing stream'], { setbacks: 1 });
      const { machine } = step(before, failed(kind));
      assert.equal(machine.memory.mayStreamList, false, kind);
    }
  });

  test('progress clears setbacks; the same resourceVersion again is no progress', () => {
    const before = machineIn(states.Watching, { setbacks: 3 });
    assert.equal(step(before, inputs.progress).machine.memory.setbacks, 0);
    assert.equal(step(before, { kind: 'progress', resourceVersion: '10' }).machine, before);
  });

  test('a resync while a list waits begins that list from its first page', () => {
    const waiting = { ...states.BackingOff, next: states['Listing pages'] };
    const before = machineIn(waiting, { mayStreamList: false });
    assert.equal(inWords(before, step(before, inputs.resync)), 'BackingOff 5000 unavailable, then Listing pages start');
    const due = step(step(before, inputs.resync).machine, inputs.due);
    assert.deepEqual(due.effects, [
      { kind: 'begin-list', cause: 'start' },
      { kind: 'fetch-page', continueToken: '' },
    ]);
  });
});
