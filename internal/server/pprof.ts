/**
 * V8's profiles in the format of pprof (github.com/google/pprof, proto/profile.proto), gzipped as its tools expect them.
 * Pure. A call tree goes in, one sample for each node that has a value of its own comes out, its innermost frame first.
 */
import { gzipSync } from 'node:zlib';
import type { HeapProfiler, Profiler } from 'node:inspector';
import { Function as PprofFunction, Location, Profile, Sample, StringTable, ValueType } from 'pprof-format';

export interface ProfileTimes {
  /** When it was taken. Ms since the epoch. */
  readonly atMs: number;
  readonly durationMs: number;
}

const NANOS_IN_MICRO = 1000;
const NANOS_IN_MS = 1_000_000;

/** V8 samples while nothing runs as well; CPU that nobody used is no part of a CPU profile. */
const IDLE = '(idle)';

/** Sample types `samples/count` and `cpu/nanoseconds`, as of Go's profiles. */
export function pprofOfCpu(profile: Profiler.Profile, times: ProfileTimes): Buffer {
  const into = new Builder();
  const self = selfTimes(profile);
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  for (const node of profile.nodes) {
    const { samples, micros } = self.get(node.id) ?? { samples: 0, micros: 0 };
    if (samples === 0 || node.callFrame.functionName === IDLE) continue;
    const stack = [];
    for (let at = nodes.get(node.id); at !== undefined; at = nodes.get(parents.get(at.id) ?? -1)) {
      if (parents.has(at.id)) stack.push(into.location(at.callFrame));
    }
    into.sample(stack, [samples, micros * NANOS_IN_MICRO]);
  }
  const periodMicros = (times.durationMs * 1000) / Math.max(1, profile.samples?.length ?? 0);
  return into.encode({
    types: [
      ['samples', 'count'],
      ['cpu', 'nanoseconds'],
    ],
    period: Math.round(periodMicros * NANOS_IN_MICRO),
    times,
  });
}

/** Each sample counts for the time until the next one. */
function selfTimes({
  samples = [],
  timeDeltas = [],
}: Profiler.Profile): Map<number, { samples: number; micros: number }> {
  const self = new Map<number, { samples: number; micros: number }>();
  for (const [at, id] of samples.entries()) {
    const known = self.get(id) ?? { samples: 0, micros: 0 };
    known.samples += 1;
    known.micros += Math.max(0, timeDeltas[at + 1] ?? 0);
    self.set(id, known);
  }
  return self;
}

/** Sample type `inuse_space/bytes`: what was allocated since sampling began and is still held. */
export function pprofOfHeap(
  profile: HeapProfiler.SamplingHeapProfile,
  times: ProfileTimes & { readonly intervalBytes: number },
): Buffer {
  const into = new Builder();
  const visit = (node: HeapProfiler.SamplingHeapProfileNode, outer: readonly number[]): void => {
    const stack = node === profile.head ? outer : [into.location(node.callFrame), ...outer];
    if (node.selfSize > 0) into.sample(stack, [node.selfSize]);
    for (const child of node.children) visit(child, stack);
  };
  visit(profile.head, []);
  return into.encode({ types: [['inuse_space', 'bytes']], period: times.intervalBytes, times });
}

type Frame = Profiler.Profile['nodes'][number]['callFrame'];

interface Meaning {
  readonly types: readonly (readonly [type: string, unit: string])[];
  /** Of the last of `types`. */
  readonly period: number;
  readonly times: ProfileTimes;
}

class Builder {
  readonly #strings = new StringTable();
  readonly #functions = new Map<string, PprofFunction>();
  readonly #locations = new Map<string, Location>();
  readonly #samples: Sample[] = [];

  /** Id of the place in the code; lines count from 1 here and from 0 at V8. */
  location(frame: Frame): number {
    const key = `${frame.scriptId}:${frame.lineNumber}:${frame.columnNumber}:${frame.functionName}`;
    const known = this.#locations.get(key);
    if (known !== undefined) return Number(known.id);
    const line = Math.max(0, frame.lineNumber + 1);
    const functionId = this.#function(key, frame, line);
    const location = new Location({ id: this.#locations.size + 1, line: [{ functionId, line }] });
    this.#locations.set(key, location);
    return Number(location.id);
  }

  sample(locationId: readonly number[], value: readonly number[]): void {
    this.#samples.push(new Sample({ locationId: [...locationId], value: value.map(Math.round) }));
  }

  encode({ types, period, times: { atMs, durationMs } }: Meaning): Buffer {
    const sampleType = types.map(
      ([type, unit]) => new ValueType({ type: this.#strings.dedup(type), unit: this.#strings.dedup(unit) }),
    );
    const periodType = sampleType.at(-1);
    const profile = new Profile({
      ...{ sampleType, sample: this.#samples, stringTable: this.#strings, period },
      ...(periodType === undefined ? {} : { periodType }),
      function: [...this.#functions.values()],
      location: [...this.#locations.values()],
      timeNanos: BigInt(Math.round(atMs)) * BigInt(NANOS_IN_MS),
      durationNanos: Math.round(durationMs * NANOS_IN_MS),
    });
    return gzipSync(profile.encode());
  }

  #function(key: string, { functionName, url }: Frame, startLine: number): number {
    const name = this.#strings.dedup(functionName === '' ? '(anonymous)' : functionName);
    const filename = this.#strings.dedup(url.replace(/^file:\/\//, ''));
    const made = new PprofFunction({ id: this.#functions.size + 1, name, systemName: name, filename, startLine });
    this.#functions.set(key, made);
    return Number(made.id);
  }
}
