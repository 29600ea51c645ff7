/** A leader whose process stood still for a while: what it may do when it goes on, and what it may not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Term } from '../../../internal/kubernetes/leader-term.ts';
import { LeaderElector } from '../../../internal/kubernetes/leader.ts';
import type { ApiTransport } from '../../../internal/kubernetes/transport.ts';
import { silentLogger } from '../../../internal/platform/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLease } from '../../support/memory-lease.ts';

/** A leader that is frozen for `frozen.ms`: its timers know nothing of it. */
async function leaderThatFreezes(transportOf: (server: MemoryLease) => ApiTransport) {
  const clock = new ManualClock();
  const frozen = { ms: 0 };
  const told: string[] = [];
  const terms: Term[] = [];
  const elector = new LeaderElector({
    lease: { namespace: 'x', name: 'y' },
    identity: 'a',
    transport: transportOf(new MemoryLease(clock)),
    clock: {
      now: () => clock.now() + frozen.ms,
      monotonicMs: () => clock.monotonicMs() + frozen.ms,
      setTimer: (delayMs, action) => clock.setTimer(delayMs, action),
    },
    random: { next: () => 0.999, hex: () => 'abc' },
    logger: silentLogger(),
    events: {
      onStartedLeading: (term) => {
        terms.push(term);
        told.push(`leads ${term.id}`);
      },
      onStoppedLeading: (reason) => told.push(`stopped: ${reason}`),
      onNewLeader: () => undefined,
    },
  });
  elector.start();
  await clock.advance(0);
  return { clock, frozen, told, terms, elector };
}

describe('a leader that was frozen', () => {
  test('knows on waking that its term is over, before any timer has run', async () => {
    const { clock, frozen, terms, elector } = await leaderThatFreezes((server) => server.transportOf('a'));
    assert.equal(terms[0]?.isValid(), true);
    frozen.ms = 20_000;
    assert.equal(terms[0].isValid(), false);
    await clock.advance(2_000);
    assert.equal(terms[0].signal.aborted, true);
    assert.equal(elector.term === terms[0], false);
    await elector.stop();
  });

  test('and saw that its term is over begins another, though its renewal is answered after all', async () => {
    const answer = Promise.withResolvers<undefined>();
    const { clock, frozen, told, terms, elector } = await leaderThatFreezes((server) => {
      const transport = server.transportOf('a');
      return {
        ...transport,
        request: async (request, options) => {
          const answered = await transport.request(request, options);
          if (request.method === 'PUT') await answer.promise;
          return answered;
        },
      };
    });
    frozen.ms = 7_900;
    await clock.advance(2_000);
    assert.equal(terms[0]?.isValid(), true, 'a renewal is under way, and in time');
    frozen.ms += 200;
    assert.equal(terms[0].isValid(), false, 'its answer is not here in time');
    answer.resolve(undefined);
    await clock.advance(0);
    assert.equal(terms[0].isValid(), false, 'what was kept from being told then must be told in a term that begins');
    await clock.advance(2_000);
    assert.deepEqual(told, ['leads a/0', 'stopped: renew-deadline', 'leads a/1']);
    await elector.stop();
  });
});
