import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPodJson } from '../../../internal/kubernetes/pod-facts-json.ts';
import { PodProtobuf } from '../../../internal/kubernetes/pod-protobuf.ts';
import { silentReadObserver, type PodReading } from '../../../internal/kubernetes/pod-reading.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { CONDITIONS_KEPT } from '../../../internal/platform/limits.ts';
import { encodePod } from '../../support/protobuf-pod.ts';
import { rawPod } from '../../support/raw-pod.ts';

const types = (reading: PodReading | CodedError): string[] => {
  assert.ok(!(reading instanceof CodedError));
  return reading.facts?.conditions.map(({ type }) => type) ?? [];
};

test('conditions that decide are kept, however many readiness gates stand before them, in JSON and in protobuf', () => {
  const gates = Array.from({ length: 100 }, (_, at) => ({ type: `example.com/gate-${at}`, status: 'True' }));
  const conditions = [...gates, { type: 'Ready', status: 'False' }, { type: 'DisruptionTarget', status: 'True' }];
  const pod = rawPod({ status: { conditions } });
  const fromJson = types(readPodJson(pod));
  assert.deepEqual(fromJson.slice(CONDITIONS_KEPT), ['Ready', 'DisruptionTarget']);
  const bytes = encodePod(pod);
  const protobuf = new PodProtobuf({ get: () => undefined }, silentReadObserver);
  assert.deepEqual(types(protobuf.read(bytes, 0, bytes.length, true)), fromJson);
});
