// When the demo calls itself good: each failure exactly once, and nothing else.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { plain } from '../../../cmd/demo/paint.ts';
import { renderOutcome } from '../../../cmd/demo/report.ts';
import { judge, type Expectation, type Received } from '../../../cmd/demo/verdict.ts';
import { receivedEvent } from './received-event.ts';

const crash: Expectation = {
  namespace: 'shop',
  podPrefix: 'web',
  container: 'main',
  reasons: ['Error'],
  isRequired: true,
};
const pull: Expectation = { ...crash, podPrefix: 'api', reasons: ['ErrImagePull', 'ImagePullBackOff'] };
const silence = { namespace: 'shop', podPrefix: 'storefront', what: 'rolled out' };
const pulled = receivedEvent({ pod: 'api', reason: 'ImagePullBackOff' });

const judged = (...received: Received[]) => judge([crash, pull], [silence], received);

const shown = (...received: Received[]): string =>
  renderOutcome({ verdict: judged(...received), received, silences: [silence], afterMs: () => 40, paint: plain });

describe('the verdict', () => {
  test('is good where each failure arrived once, under any of its words', () => {
    const verdict = judged(receivedEvent(), pulled);
    assert.equal(verdict.isGood, true);
    assert.deepEqual(
      verdict.arrived.map(({ expectation }) => expectation),
      [crash, pull],
    );
  });

  test('names what is missing', () => {
    const verdict = judged(receivedEvent());
    assert.equal(verdict.isGood, false);
    assert.deepEqual(verdict.missing, [pull]);
  });

  test('counts a failure told under two ids, or under two of its words, as told twice', () => {
    const again = receivedEvent({ pod: 'api', reason: 'ErrImagePull' });
    const verdict = judged(receivedEvent(), pulled, again);
    assert.equal(verdict.isGood, false);
    assert.deepEqual(verdict.repeated, [again]);
  });

  test('is bad where a healthy pod was told of', () => {
    const event = receivedEvent({ pod: 'storefront-1' });
    const verdict = judged(receivedEvent(), pulled, event);
    assert.equal(verdict.isGood, false);
    assert.deepEqual(verdict.broken, [{ silence, event }]);
  });

  test('is bad where something nobody expected was told: another container, reason, pod or namespace', () => {
    for (const given of [{ container: 'sidecar' }, { reason: 'OOMKilled' }, { pod: 'db-0' }, { namespace: 'other' }]) {
      const event = receivedEvent(given);
      const verdict = judged(receivedEvent(), pulled, event);
      assert.equal(verdict.isGood, false);
      assert.deepEqual(verdict.unexplained, [event]);
    }
  });

  test('leaves out what is told again on purpose because it goes on', () => {
    assert.equal(judged(receivedEvent(), pulled, receivedEvent({ type: 'ongoing' })).isGood, true);
  });

  test('does not miss what depends on timing, and still refuses it twice', () => {
    const optional = { ...crash, isRequired: false };
    assert.equal(judge([optional], [], []).isGood, true);
    assert.equal(judge([optional], [], [receivedEvent()]).isGood, true);
    assert.equal(judge([optional], [], [receivedEvent(), receivedEvent()]).isGood, false);
  });
});

describe('the outcome as text', () => {
  test('shows each event with its workload and its time, what was silent, and the sum', () => {
    const text = shown(receivedEvent({ exitCode: 3 }), pulled);
    assert.match(text, /shop\/web-1 {2}main {7}Error \(exit 3\) {4}Deployment\/web {2}40 ms\n/);
    assert.match(text, /shop\/storefront\* {2}rolled out\n/);
    assert.match(text, /2 of 2 failures arrived, each exactly once; 1 of 1 healthy workloads stayed silent\.\n$/);
    assert.doesNotMatch(text, /went wrong/);
  });

  test('names each thing that is wrong', () => {
    const text = shown(
      receivedEvent(),
      receivedEvent(),
      receivedEvent({ pod: 'storefront-1' }),
      receivedEvent({ pod: 'x' }),
    );
    assert.match(text, /missing: shop\/api\* container main ErrImagePull or ImagePullBackOff\n/);
    assert.match(text, /told twice: shop\/web-1 main Error \(event-\d+\)\n/);
    assert.match(text, /should be silent \(rolled out\): shop\/storefront-1/);
    assert.match(text, /nobody expected: shop\/x/);
    assert.match(text, /Not every failure arrived exactly once\.\n$/);
  });

  test('says so where the plane received nothing', () => assert.match(shown(), /received:\n\n {2}nothing\n/));
});
