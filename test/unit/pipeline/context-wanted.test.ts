/** What is asked about which finding, and what is known of it without asking. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ContextKind } from '../../../internal/pipeline/context.ts';
import { askedOf, knownContext, subjectOfContext } from '../../../internal/pipeline/context-wanted.ts';
import { hintOf } from '../../../internal/pipeline/reasons.ts';
import { reasonsTable } from '../../../internal/pipeline/reasons-table.ts';
import { aFinding } from '../../support/finding-builder.ts';
import { app, pod } from '../../support/pod-builder.ts';

const all = new Set<ContextKind>(['events', 'logs', 'limits', 'image', 'hint']);
const ofPod = { occurrence: 'stuck-start:none', container: undefined, reason: 'StuckCreating' };

describe('what is asked', () => {
  test('about an exit or a loop is all that is wanted', () => {
    assert.deepEqual(askedOf(aFinding(), all), ['events', 'logs', 'limits']);
    assert.deepEqual(askedOf(aFinding({ occurrence: 'loop:containerd://a' }), new Set(['logs'])), ['logs']);
  });

  test('about a container that never ran, or whose id is lost, is no log', () => {
    const waiting = aFinding({ occurrence: 'pull:3:web:none' }).container;
    const pulling = aFinding({ occurrence: 'pull:3:web:none', container: { ...waiting!, exit: undefined } });
    assert.deepEqual(askedOf(pulling, all), ['events', 'limits']);
    assert.deepEqual(askedOf(aFinding({ occurrence: 'lost:3' }), all), ['events', 'limits']);
  });

  test('about a whole pod is its events, about a node or a recovery nothing', () => {
    assert.deepEqual(askedOf(aFinding(ofPod), all), ['events']);
    assert.deepEqual(askedOf(aFinding({ ...ofPod, pod: { namespace: '' } }), all), []);
    assert.deepEqual(askedOf(aFinding({ type: 'resolved' }), all), []);
    assert.deepEqual(knownContext(aFinding({ type: 'resolved' }), all, undefined), {});
  });

  test('about the mirror of a static pod names its file’s hash, as its events do', () => {
    const mirror = pod().mirror('0123abcd').facts();
    assert.equal(subjectOfContext(aFinding(), () => mirror).eventsUid, '0123abcd');
    assert.equal(subjectOfContext(aFinding(), () => undefined).eventsUid, aFinding().pod.uid);
  });
});

describe('what is known anyway', () => {
  test('is the image as the node resolved it, where it has', () => {
    const facts = pod()
      .with(app().but({ imageId: 'cart@sha256:feed' }))
      .facts();
    assert.equal(knownContext(aFinding(), new Set(['image']), facts).imageId, 'cart@sha256:feed');
    assert.deepEqual(knownContext(aFinding(), new Set(['image']), pod().with(app()).facts()), {});
  });

  test('is what usually causes each reason', () => {
    for (const { reason, seenIn, hint } of reasonsTable) {
      const ofContainer = seenIn === 'waiting' || seenIn === 'terminated';
      const same = reasonsTable.filter((one) => one.reason === reason).map((one) => one.hint);
      assert.ok(same.includes(hintOf(reason, ofContainer)), `${reason}: ${hint}`);
    }
    assert.match(hintOf('OutOfexample.com/gpu', false), /none of this resource left/);
    for (const odd of ['', 'SomethingNew', '__proto__']) assert.match(hintOf(odd, true), /does not know/);
  });
});
