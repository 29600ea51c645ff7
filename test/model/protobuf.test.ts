/**
 * Protobuf under random pods and random damage. Undamaged: the facts are those of the JSON, and quiet is what is quiet.
 * Damaged: every frame is read or refused with a code, in bounded time; never a crash, never a frame that is neither.
 * FUZZ_RUNS sets the number of damaged frames: 50,000 in the suite, a million at night.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { protobufPageReader } from '../../internal/kubernetes/list-page-protobuf.ts';
import { readPodJson } from '../../internal/kubernetes/pod-facts-json.ts';
import { PodProtobuf } from '../../internal/kubernetes/pod-protobuf.ts';
import { silentReadObserver, type PodReading } from '../../internal/kubernetes/pod-reading.ts';
import { isQuiet, triage } from '../../internal/kubernetes/pod-triage.ts';
import { protobufWatchStream } from '../../internal/kubernetes/watch-stream-protobuf.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { damaged, randomFrom } from '../support/damage.ts';
import { arbitraryPod } from '../support/pod-arbitrary.ts';
import { encodePod } from '../support/protobuf-pod.ts';
import { encodeList, envelope, watchFrame } from '../support/protobuf-writer.ts';
import { podVectors, vectorBytes, vectorObject } from '../support/vectors.ts';
import { runs } from '../support/runs.ts';

const frames = Number(process.env['FUZZ_RUNS'] ?? runs(50_000));
const subject = { verb: 'watch', resource: 'pods', group: '' } as const;

function reader(): PodProtobuf {
  return new PodProtobuf({ get: () => undefined }, silentReadObserver);
}

describe('any pod as protobuf', () => {
  const pods = reader();
  const read = (bytes: Buffer, isLast: boolean): PodReading => {
    const reading = pods.read(bytes, 0, bytes.length, isLast);
    assert.ok(!(reading instanceof CodedError), reading instanceof CodedError ? reading.message : '');
    return reading;
  };

  test('gives the facts that its JSON gives', () => {
    fc.assert(
      fc.property(arbitraryPod, (pod) => {
        const json = readPodJson(pod);
        assert.ok(!(json instanceof CodedError));
        assert.deepEqual(read(encodePod(pod), true).facts, json.facts);
      }),
      { numRuns: runs(2000) },
    );
  });

  /** Kubernetes writes no status of a container that the spec doesn't have; where one is there, the pod is read whole. */
  const hasStrangers = (facts: PodFacts, pod: { spec?: Partial<Record<string, readonly unknown[]>> }): boolean => {
    const { containers = [], initContainers = [] } = pod.spec ?? {};
    const told = facts.containers.filter(({ role }) => role !== 'ephemeral');
    return told.length !== containers.length + initContainers.length;
  };

  test('is quiet exactly where its facts are, and then not read whole', () => {
    let quiet = 0;
    fc.assert(
      fc.property(arbitraryPod, (pod) => {
        const json = readPodJson(pod);
        assert.ok(!(json instanceof CodedError));
        const reading = read(encodePod(pod), false);
        quiet += Number(reading.isQuiet);
        assert.equal(reading.isQuiet, json.isQuiet);
        const isReadWhole = json.facts !== undefined && hasStrangers(json.facts, pod);
        if (!isReadWhole) assert.equal(reading.facts === undefined, json.isQuiet);
        if (json.isQuiet) assert.equal(reading.images, json.images);
      }),
      { numRuns: runs(2000) },
    );
    assert.ok(quiet > runs(50), `only ${quiet} of the pods were quiet: the test proves little`);
  });
});

describe(`${frames} damaged frames`, { timeout: 3_600_000 }, () => {
  const objects = podVectors.map((name) => vectorObject(name));

  test('of pods are read or refused, and quiet still means that the facts are quiet', () => {
    const random = randomFrom(1);
    const pods = reader();
    let refused = 0;
    for (let run = 0; run < frames; run++) {
      const bytes = damaged(objects[run % objects.length] ?? Buffer.alloc(0), random);
      const reading = pods.read(bytes, 0, bytes.length, false);
      if (reading instanceof CodedError) {
        refused++;
        assert.equal(reading.code, 'WATCH_OBJECT_INVALID');
        continue;
      }
      const whole = pods.read(bytes, 0, bytes.length, true);
      if (whole instanceof CodedError || whole.facts === undefined) assert.ok(reading.facts === undefined);
      else if (reading.isQuiet) assert.ok(isQuiet(triage(whole.facts)), bytes.toString('base64'));
    }
    assert.ok(refused > frames / 20 && refused < frames * 0.95, `${refused} refused`);
  });

  test('of watches end in an event each or in a coded error', () => {
    const random = randomFrom(2);
    const stream = vectorBytes('watch');
    const pods = reader();
    for (let run = 0; run < frames; run++) readWatch(pods, damaged(stream, random), random);
  });

  test('of lists end whole or in a coded error', () => {
    const random = randomFrom(3);
    const list = encodeList({ apiVersion: 'v1', kind: 'PodList' }, { resourceVersion: '5' }, objects.slice(0, 3));
    const pods = reader();
    for (let run = 0; run < frames; run++) readList(pods, damaged(list, random), random);
  });
});

test('a frame that was not damaged is not refused', () => {
  const frame = watchFrame('ADDED', envelope('v1', 'Pod', vectorObject('crash')));
  assert.equal(readWatch(reader(), frame, randomFrom(4)), 1);
});

/** Each frame is an event or the end of the stream: there is no third way. Returns the events. */
function readWatch(pods: PodProtobuf, bytes: Buffer, random: () => number): number {
  let events = 0;
  const count = (): void => {
    events++;
  };
  const stream = protobufWatchStream(subject, pods, { upsert: count, remove: count, bookmark: count }, 1 << 20);
  try {
    inPieces(bytes, random, (piece) => stream.push(piece));
    stream.end();
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error));
  }
  assert.equal(stream.frames, events);
  return events;
}

function readList(pods: PodProtobuf, bytes: Buffer, random: () => number): void {
  let items = 0;
  const page = protobufPageReader(pods, () => items++, 1 << 20);
  try {
    inPieces(bytes, random, (piece) => page.push(piece));
    page.end();
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error));
  }
  assert.equal(page.frames, items);
}

function inPieces(bytes: Buffer, random: () => number, push: (piece: Buffer) => void): void {
  const size = 1 + Math.floor(random() * bytes.length);
  for (let at = 0; at < bytes.length; at += size) push(bytes.subarray(at, at + size));
}
