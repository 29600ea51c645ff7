/** The protobuf readers against bytes made by Kubernetes' own code: the same facts as from its JSON, field by field. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { protobufPageReader } from '../../../internal/kubernetes/list-page-protobuf.ts';
import { jsonPageReader } from '../../../internal/kubernetes/list-page.ts';
import { readPodJson } from '../../../internal/kubernetes/pod-facts-json.ts';
import { PodProtobuf } from '../../../internal/kubernetes/pod-protobuf.ts';
import { silentReadObserver, type KnownPods, type PodReading } from '../../../internal/kubernetes/pod-reading.ts';
import { openEnvelope, readStatus } from '../../../internal/kubernetes/protobuf-envelope.ts';
import { ProtobufReader } from '../../../internal/kubernetes/protobuf-reader.ts';
import { metadataResource, type ObjectMetadata } from '../../../internal/kubernetes/resource-metadata.ts';
import { corePath } from '../../../internal/kubernetes/resource.ts';
import { ApiStatusError } from '../../../internal/kubernetes/transport-status.ts';
import { jsonWatchStream } from '../../../internal/kubernetes/watch-stream-json.ts';
import { protobufWatchStream } from '../../../internal/kubernetes/watch-stream-protobuf.ts';
import type { WatchHandler, WatchStream } from '../../../internal/kubernetes/watch-stream.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { WATCH_FRAME_BYTES } from '../../../internal/platform/limits.ts';
import { podVectors, vectorBytes, vectorEvents, vectorJson, vectorObject } from '../../support/vectors.ts';

const nobody: KnownPods = { get: () => undefined };
const subject = { verb: 'watch', resource: 'pods', group: '' } as const;

/** As the protobuf reader has it: the images of a pod nobody knows only matter if its facts are not kept. */
function fromJson(pod: unknown): PodReading {
  const reading = readPodJson(pod);
  assert.ok(!(reading instanceof CodedError));
  return { ...reading, images: reading.isQuiet ? reading.images : '' };
}

function fromProtobuf(object: Buffer, isLast = false, known = nobody): PodReading {
  const reading = new PodProtobuf(known, silentReadObserver).read(object, 0, object.length, isLast);
  assert.ok(!(reading instanceof CodedError), reading instanceof CodedError ? reading.message : '');
  return reading;
}

describe('a pod as protobuf', () => {
  for (const name of podVectors) {
    test(`gives the same facts as its JSON: ${name}`, () => {
      assert.deepEqual(fromProtobuf(vectorObject(name), true), fromJson(vectorJson(name)));
    });

    test(`is quiet exactly where its facts say so: ${name}`, () => {
      const json = fromJson(vectorJson(name));
      const { facts, ...rest } = fromProtobuf(vectorObject(name));
      assert.deepEqual(facts, json.isQuiet ? undefined : json.facts);
      assert.deepEqual({ ...rest, facts: json.facts }, json);
    });
  }

  test('has every field of the facts, in the pod that has every field', () => {
    const { facts } = fromProtobuf(vectorObject('filled'));
    assert.ok(facts);
    const empty: string[] = [];
    const look = (value: unknown, path: string): void => {
      if (value === '' || value === 0 || value === false || value === undefined) empty.push(path);
      else if (value instanceof Map) look([...(value as Map<string, string>)], path);
      else if (typeof value === 'object' && value !== null) {
        for (const [key, inner] of Object.entries(value)) look(inner, `${path}.${key}`);
      }
    };
    look(facts, 'facts');
    assert.deepEqual(empty, []);
  });

  test('is not read at all if the store has it as it is, and whole if the store has its facts or other images', () => {
    const healthy = vectorObject('healthy');
    const { resourceVersion, images, facts } = fromProtobuf(healthy, true);
    const knownAs = (known: Partial<PodReading>): PodReading =>
      fromProtobuf(healthy, false, {
        get: () => ({ resourceVersion: '1', images, hasFacts: known.facts !== undefined, facts: undefined, ...known }),
      });
    assert.equal(knownAs({ resourceVersion }).facts, undefined);
    assert.equal(knownAs({}).facts, undefined);
    assert.ok(knownAs({ images: 'other' }).facts);
    assert.ok(knownAs({ facts }).facts);
  });
});

describe('a list as protobuf', () => {
  for (const size of [1, 2, 3, 7, 64, 1000, 100_000]) {
    test(`is read object by object, in pieces of ${size} bytes`, () => {
      const bytes = vectorBytes('list');
      const seen: PodReading[] = [];
      const pods = new PodProtobuf(nobody, silentReadObserver);
      const page = protobufPageReader(pods, (item) => seen.push(item), WATCH_FRAME_BYTES);
      for (let at = 0; at < bytes.length; at += size) page.push(bytes.subarray(at, at + size));
      assert.deepEqual(page.end(), { resourceVersion: '2002', continueToken: 'token' });
      const expected: PodReading[] = [];
      const json = jsonPageReader({ read: readPodJson }, (item: PodReading) => expected.push(item), 1e6);
      json.push(Buffer.from(JSON.stringify(vectorJson('list'))));
      json.end();
      assert.deepEqual(
        seen,
        expected.map((one) => (one.isQuiet ? { ...one, facts: undefined } : { ...one, images: '' })),
      );
      assert.equal(page.frames, 4);
    });
  }

  test('may be empty', () => {
    const page = protobufPageReader(new PodProtobuf(nobody, silentReadObserver), () => undefined, 1000);
    page.push(vectorBytes('list-empty'));
    assert.deepEqual(page.end(), { resourceVersion: '2003', continueToken: '' });
  });

  test('cut off anywhere is an error', () => {
    const bytes = vectorBytes('list');
    for (let size = 0; size < bytes.length - 4; size++) {
      const page = protobufPageReader(new PodProtobuf(nobody, silentReadObserver), () => undefined, WATCH_FRAME_BYTES);
      assert.throws(() => {
        page.push(bytes.subarray(0, size));
        page.end();
      }, CodedError);
    }
  });

  test('of metadata alone is the same as from JSON', () => {
    const resource = {
      kind: 'Namespace',
      plural: 'namespaces',
      group: '',
      path: corePath('namespaces'),
      namespace: '',
    };
    const { codec } = metadataResource(resource);
    assert.ok(codec.protobuf);
    const seen: ObjectMetadata[] = [];
    const page = protobufPageReader(codec.protobuf, (item) => seen.push(item), 10_000);
    page.push(vectorBytes('list-metadata'));
    page.end();
    const { items } = vectorJson('list-metadata') as { items: unknown[] };
    assert.deepEqual(
      seen,
      items.map((item) => codec.json.read(item)),
    );
    assert.deepEqual(
      seen.map(({ name, labels, isDeleting }) => [name, labels.get('project-id'), isDeleting]),
      [
        ['shop', 'p1', true],
        ['team-a', 'p1', true],
      ],
    );
  });

  test('with an object larger than is read is refused before it has arrived', () => {
    const page = protobufPageReader(new PodProtobuf(nobody, silentReadObserver), () => undefined, 1000);
    assert.throws(() => page.push(vectorBytes('list').subarray(0, 200)), { code: 'WATCH_FRAME_TOO_LARGE' });
  });
});

describe('a watch as protobuf', () => {
  function record(open: (handler: WatchHandler<PodReading>) => WatchStream, bytes: Buffer, size: number): unknown[] {
    const seen: unknown[] = [];
    const stream = open({
      upsert: (item) => seen.push(['upsert', item.uid, item.isQuiet, item.isQuiet ? undefined : item.facts]),
      remove: (item) => seen.push(['remove', item.facts]),
      bookmark: (resourceVersion, ends) => seen.push(['bookmark', resourceVersion, ends]),
    });
    try {
      for (let at = 0; at < bytes.length; at += size) stream.push(bytes.subarray(at, at + size));
    } catch (error) {
      assert.ok(error instanceof ApiStatusError);
      seen.push(['error', error.status, error.reason, error.retryAfterMs]);
    }
    return seen;
  }

  for (const size of [1, 3, 5, 512, 100_000]) {
    test(`tells the same events as JSON does, in pieces of ${size} bytes`, () => {
      const pods = new PodProtobuf(nobody, silentReadObserver);
      const seen = record(
        (handler) => protobufWatchStream(subject, pods, handler, 100_000),
        vectorBytes('watch'),
        size,
      );
      const lines = Buffer.from(
        vectorEvents()
          .map((event) => `${JSON.stringify(event)}\n`)
          .join(''),
      );
      const json = { read: readPodJson };
      const expected = record((handler) => jsonWatchStream(subject, json, handler, 100_000), lines, size);
      assert.deepEqual(seen, expected);
      assert.deepEqual(seen.slice(-2), [
        ['bookmark', '4711', true],
        ['error', 410, 'Expired', 7000],
      ]);
    });
  }
});

test('a refusal in protobuf is read like one in JSON', () => {
  const reader = new ProtobufReader();
  const bytes = vectorBytes('status');
  assert.equal(openEnvelope(reader, bytes, 0, bytes.length), 'Status');
  const { code, reason, message, details } = readStatus(reader);
  assert.deepEqual(
    [code, reason, message, details],
    [429, 'TooManyRequests', 'too many requests', { retryAfterSeconds: 7 }],
  );
});
