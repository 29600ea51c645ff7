// Names of what hangs together: one group for a cause in a cluster, one digest id for the ids it tells of.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { digestId, eventId, fingerprint, groupId, incidentKey } from '../../../internal/pipeline/identity.ts';
import { look } from '../../support/detecting.ts';
import { encodedFinding, failingPod } from '../../support/storm-rig.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';

const text = fc.string({ unit: 'binary', maxLength: 12 });
const trouble = fc.record({
  ...{ namespace: text, containerName: text, family: text, image: text },
  workload: fc.record({ kind: text, name: text }),
});

describe('group ids', () => {
  test('are the same for the same cause in the same cluster, and differ where either differs', () => {
    fc.assert(
      fc.property(fc.tuple(text, trouble), fc.tuple(text, trouble), ([cluster, one], [otherCluster, other]) => {
        const isSame = cluster === otherCluster && fingerprint(one) === fingerprint(other);
        assert.equal(groupId(cluster, fingerprint(one)) === groupId(otherCluster, fingerprint(other)), isSame);
      }),
    );
  });

  test('are 128 bits in hexadecimal, and never a fingerprint, an incident key, an event id or a digest id', () => {
    fc.assert(
      fc.property(text, text, (clusterId, id) => {
        const fact = { clusterId, subject: id, container: undefined };
        const names = [
          ...[groupId(clusterId, id), digestId([clusterId, id]), incidentKey({ ...fact, incidentClass: 'pod' })],
          ...[eventId({ ...fact, occurrence: id })],
        ];
        assert.equal(new Set(names).size, names.length);
        for (const name of names) assert.match(name, /^[0-9a-f]{32}$/);
      }),
    );
    assert.equal(groupId('c1', 'f'), 'fcccd8bad65fb48a136c267631919a13', 'pinned: tickets hang on it');
  });

  test('go with every event, alike for all pods of a workload', () => {
    const groups = [failingPod(1), failingPod(2), failingPod(1, 'api')].map((pod) => {
      const [finding] = look(pod).findings;
      assert.ok(finding !== undefined);
      return (JSON.parse(new TextDecoder().decode(encodedFinding(finding))) as WireEvent).group_id;
    });
    assert.equal(groups[0], groups[1]);
    assert.notEqual(groups[0], groups[2]);
    assert.ok(groups.every((group) => group !== undefined));
  });
});

test('digest ids differ by the ids told of, by their order, and by where one id ends', () => {
  const ids = fc.array(text, { maxLength: 4 });
  fc.assert(
    fc.property(ids, ids, (one, other) => {
      const isSame = one.length === other.length && one.every((id, index) => id === other[index]);
      assert.equal(digestId(one) === digestId(other), isSame);
    }),
  );
  assert.notEqual(digestId(['a', 'b']), digestId(['b', 'a']));
  assert.notEqual(digestId(['ab', 'c']), digestId(['a', 'bc']));
});
