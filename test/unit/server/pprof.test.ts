import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { HeapProfiler, Profiler } from 'node:inspector';
import { Profile } from 'pprof-format';
import { pprofOfCpu, pprofOfHeap } from '../../../internal/server/pprof.ts';

const frame = (functionName: string, lineNumber: number): Profiler.Profile['nodes'][number]['callFrame'] => ({
  ...{ functionName, lineNumber, columnNumber: 0 },
  ...{ scriptId: '1', url: 'file:///app/watcher.js' },
});

/** Each sample as `inner < outer = values`, with lines. */
function told(bytes: Buffer): string[] {
  const profile = Profile.decode(gunzipSync(bytes));
  const strings = profile.stringTable.strings;
  const name = (locationId: number | bigint): string => {
    const location = profile.location.find(({ id }) => Number(id) === Number(locationId));
    const line = location?.line[0];
    const made = profile.function.find(({ id }) => Number(id) === Number(line?.functionId));
    return `${strings[Number(made?.name)]}:${Number(line?.line)}`;
  };
  return profile.sample.map(
    ({ locationId, value }) => `${locationId.map(name).join(' < ')} = ${value.map(Number).join(' ')}`,
  );
}

const times = { atMs: 1_000, durationMs: 30 };

describe('a CPU profile in pprof', () => {
  const profile: Profiler.Profile = {
    nodes: [
      { id: 1, callFrame: frame('(root)', -1), children: [2, 4] },
      { id: 2, callFrame: frame('outer', 9), children: [3] },
      { id: 3, callFrame: frame('', 19) },
      { id: 4, callFrame: frame('(idle)', -1) },
    ],
    ...{ startTime: 0, endTime: 30_000, samples: [3, 3, 4, 2], timeDeltas: [5, 10_000, 10_000, 9_000] },
  };

  test('has one sample for each place, innermost first, with how often and how long, without idle time', () => {
    assert.deepEqual(told(pprofOfCpu(profile, times)), ['outer:10 = 1 0', '(anonymous):20 < outer:10 = 2 20000000']);
  });

  test('names its units and its time', () => {
    const decoded = Profile.decode(gunzipSync(pprofOfCpu(profile, times)));
    const { strings } = decoded.stringTable;
    const units = decoded.sampleType.map(({ type, unit }) => `${strings[Number(type)]}/${strings[Number(unit)]}`);
    assert.deepEqual(units, ['samples/count', 'cpu/nanoseconds']);
    assert.equal(Number(decoded.timeNanos), 1e9);
    assert.equal(Number(decoded.durationNanos), 30e6);
  });

  test('of nothing is a profile without samples', () => {
    const nothing = { nodes: [{ id: 1, callFrame: frame('(root)', -1) }], startTime: 0, endTime: 0 };
    assert.deepEqual(told(pprofOfCpu(nothing, { atMs: 0, durationMs: 0 })), []);
  });
});

describe('a heap profile in pprof', () => {
  test('has what each place holds by itself', () => {
    const leaf = { callFrame: frame('keep', 4), selfSize: 4096, id: 3, children: [] };
    const outer = { callFrame: frame('load', 1), selfSize: 0, id: 2, children: [leaf] };
    const head: HeapProfiler.SamplingHeapProfileNode = {
      ...{ callFrame: frame('(root)', -1), selfSize: 0, id: 1, children: [outer] },
    };
    const bytes = pprofOfHeap({ head }, { ...times, intervalBytes: 512 });
    assert.deepEqual(told(bytes), ['keep:5 < load:2 = 4096']);
  });
});
