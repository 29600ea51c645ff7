import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RightsReview } from '../../../internal/kubernetes/scope-rights.ts';
import { describeScope, namespaceSelectors, type Scope } from '../../../internal/kubernetes/scope.ts';
import type { ApiTransport } from '../../../internal/kubernetes/transport.ts';
import { silentLogger } from '../../../internal/platform/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const single: Scope = { mode: 'single', namespace: 'shop' };
const label: Scope = { mode: 'label', key: 'team', value: 'a' };
const all: Scope = { mode: 'all' };

describe('the scope', () => {
  test('asks the server for its namespaces and no others', () => {
    assert.deepEqual(namespaceSelectors(single), { fieldSelector: 'metadata.name=shop' });
    assert.deepEqual(namespaceSelectors(label), { labelSelector: 'team=a' });
    assert.deepEqual(namespaceSelectors({ ...label, value: '' }), { labelSelector: 'team=' });
    assert.deepEqual(namespaceSelectors(all), {});
  });

  test('is named in the log as it was asked for', () => {
    assert.equal(describeScope(single), 'namespace shop');
    assert.equal(describeScope(label), 'namespaces labelled team=a');
    assert.equal(describeScope(all), 'all namespaces');
  });
});

/** The answers to come, in order; the last one stays. */
function review(...answers: (boolean | 503)[]) {
  const clock = new ManualClock();
  const told: boolean[] = [];
  let asked = 0;
  const stopping = new AbortController();
  const transport: ApiTransport = {
    request: () => {
      const answer = answers[Math.min(Math.floor(asked++ / 2), answers.length - 1)];
      const body = Buffer.from(JSON.stringify({ status: { allowed: answer } }));
      return Promise.resolve({ status: answer === 503 ? 503 : 201, headers: {}, body });
    },
    stream: () => Promise.reject(new Error('not asked for')),
    close: () => Promise.resolve(),
  };
  const subject = new RightsReview({
    transport,
    clock,
    random: { next: () => 0, hex: () => '' },
    logger: silentLogger(),
    signal: stopping.signal,
    onRights: ({ clusterWide }) => told.push(clusterWide),
  });
  subject.start();
  return { subject, clock, told, stopping, asked: () => asked / 2 };
}

describe('the review of our rights', () => {
  test('asks until it is answered', async () => {
    const { clock, told } = review(503, 503, true);
    await clock.advance(0);
    assert.deepEqual(told, []);
    await clock.advance(2400);
    assert.deepEqual(told, [true]);
  });

  test('looks at a no again, soon at first and rarely at last, and tells when it has become a yes', async () => {
    const { clock, told, asked } = review(false, false, false, true);
    await clock.advance(35_000);
    assert.deepEqual(told, [false, true]);
    await clock.advance(86_400_000);
    assert.equal(asked(), 4, 'a yes is not asked for again');
    const no = review(false);
    await no.clock.advance(3_600_000);
    assert.ok(no.asked() < 14, `${no.asked()} questions in an hour`);
  });

  test('takes a doubted yes for a no only after three noes in a row', async () => {
    const { subject, clock, told, asked } = review(true, false, false, true, false, false, false, true);
    await clock.advance(0);
    subject.doubt();
    await clock.advance(60_000);
    assert.deepEqual([told, asked()], [[true], 4]);
    subject.doubt();
    await clock.advance(10_000);
    assert.deepEqual(told, [true, false]);
    await clock.advance(5_000);
    assert.deepEqual(told, [true, false, true]);
  });

  test('ends with its signal and leaves no timer', async () => {
    const { clock, told, stopping, subject } = review(false);
    await clock.advance(0);
    stopping.abort();
    subject.doubt();
    await clock.advance(0);
    assert.deepEqual([told, clock.pendingTimers], [[false], 0]);
    const yes = review(true);
    await yes.clock.advance(0);
    yes.stopping.abort();
    await yes.clock.advance(3_600_000);
    assert.deepEqual(yes.told, [true]);
  });
});
