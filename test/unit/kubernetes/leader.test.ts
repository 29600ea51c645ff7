import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Term } from '../../../internal/kubernetes/leader-term.ts';
import { LeaderElector } from '../../../internal/kubernetes/leader.ts';
import { createLogger } from '../../../internal/platform/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLease } from '../../support/memory-lease.ts';

const random = { next: () => 0.999, hex: () => 'abc' };

interface Candidate {
  readonly elector: LeaderElector;
  readonly told: string[];
  readonly log: { level: string; msg: string; err?: { code: string; message: string }; remedy?: string }[];
  readonly terms: Term[];
}

function setUp() {
  const clock = new ManualClock();
  const server = new MemoryLease(clock);
  const candidate = (identity: string, mayLead = (): boolean => true): Candidate => {
    const told: string[] = [];
    const terms: Term[] = [];
    const log: Candidate['log'] = [];
    const elector = new LeaderElector({
      lease: { namespace: 'agents', name: 'watcher-leader-lock' },
      identity,
      transport: server.transportOf(identity),
      clock,
      random,
      mayLead,
      logger: createLogger({
        level: 'info',
        destination: { write: (line) => void log.push(JSON.parse(line) as Candidate['log'][number]) },
      }),
      events: {
        onStartedLeading: (term) => {
          terms.push(term);
          told.push(`leads ${term.id}`);
        },
        onStoppedLeading: (reason) => told.push(`stopped: ${reason}`),
        onNewLeader: (leader) => told.push(`sees ${leader}`),
      },
    });
    return { elector, told, log, terms };
  };
  return { clock, server, candidate };
}

/** Two candidates, of which `a` leads. */
async function pair() {
  const world = setUp();
  const [a, b] = [world.candidate('a'), world.candidate('b')];
  a.elector.start();
  await world.clock.advance(0);
  b.elector.start();
  await world.clock.advance(0);
  return { ...world, a, b };
}

describe('leader election', () => {
  test('the first to come leads, the second sees it', async () => {
    const { clock, server, a, b } = await pair();
    assert.deepEqual(a.told, ['leads a/0']);
    assert.deepEqual(b.told, ['sees a']);
    assert.equal(server.holder, 'a');
    await clock.advance(600_000);
    assert.deepEqual(a.told, ['leads a/0'], 'ten minutes later nothing has changed');
    assert.deepEqual(a.elector.describe(), { state: 'Leading', identity: 'a', leader: 'a' });
    assert.deepEqual(b.elector.describe(), { state: 'Follower', identity: 'b', leader: 'a' });
    await Promise.all([a.elector.stop(), b.elector.stop()]);
    assert.equal(clock.pendingTimers, 0);
  });

  test('who has not seen everything yet leaves the Lease to others, and takes part as soon as it has', async () => {
    const { clock, server, candidate } = setUp();
    let hasSynced = false;
    const slow = candidate('slow', () => hasSynced);
    slow.elector.start();
    await clock.advance(30_000);
    assert.deepEqual([slow.told, server.requests], [[], []]);
    const other = candidate('other');
    other.elector.start();
    await clock.advance(0);
    hasSynced = true;
    await clock.advance(200);
    assert.deepEqual([other.told, slow.told], [['leads other/0'], ['sees other']]);
    await other.elector.stop();
    hasSynced = false;
    await clock.advance(5_000);
    assert.equal(slow.told.length, 1, 'nor does it when it has to look anew');
    hasSynced = true;
    await clock.advance(200);
    assert.equal(slow.told.at(-1), 'leads slow/1');
    hasSynced = false;
    await clock.advance(60_000);
    assert.equal(slow.elector.term?.isValid(), true, 'a term goes on whatever is seen');
  });

  test('a leader that stops gives the Lease back, and another leads within two seconds', async () => {
    const { clock, server, a, b } = await pair();
    await clock.advance(60_000);
    await a.elector.stop();
    assert.deepEqual(a.told, ['leads a/0', 'stopped: shutdown']);
    assert.equal(a.terms[0]?.signal.aborted, true);
    assert.equal(server.holder, '');
    assert.equal(server.lease?.spec['leaseDurationSeconds'], 1);
    await clock.advance(2_000);
    assert.deepEqual(b.told, ['sees a', 'leads b/1']);
  });

  test('a leader that dies is replaced after the duration of its Lease, not before', async () => {
    const { clock, server, a, b } = await pair();
    await clock.advance(60_000);
    server.faults.set('a', 'hang');
    await clock.advance(13_000);
    assert.deepEqual(b.told, ['sees a']);
    await clock.advance(6_000);
    assert.deepEqual(b.told, ['sees a', 'leads b/1']);
    assert.deepEqual(a.told.slice(0, 2), ['leads a/0', 'stopped: renew-deadline']);
  });

  test('hanging renewals end the term within the renew deadline, before another can lead', async () => {
    const { clock, server, a, b } = await pair();
    await clock.advance(60_000);
    const term = a.terms[0];
    const renewed = Date.parse(String(server.lease?.spec['renewTime']));
    server.faults.set('a', 'hang');
    await clock.advance(renewed + 9_999 - clock.now());
    assert.equal(term?.isValid(), true);
    assert.deepEqual(a.told, ['leads a/0']);
    await clock.advance(3);
    assert.equal(term.isValid(), false);
    assert.deepEqual(a.told, ['leads a/0', 'stopped: renew-deadline']);
    assert.deepEqual(b.told, ['sees a']);
  });

  test('a term tells when the Lease was last renewed before it', async () => {
    const { clock, server, a, b } = await pair();
    await clock.advance(60_000);
    const last = Date.parse(String(server.lease?.spec['renewTime']));
    server.faults.set('a', 'hang');
    await clock.advance(20_000);
    assert.equal(b.terms[0]?.previousRenewAtMs, last);
    assert.equal(a.terms[0]?.previousRenewAtMs, undefined);
  });

  for (const [who, skewMs] of [
    ['ahead of', 3_600_000],
    ['behind', -3_600_000],
  ] as const) {
    test(`a term looks back far enough where the clock of the old leader is ${who} ours`, async () => {
      const { clock, server, b } = await pair();
      await clock.advance(60_000);
      server.faults.set('a', 'hang');
      const renewAtMs = clock.now();
      server.edit({ renewTime: new Date(renewAtMs + skewMs).toISOString() });
      await clock.advance(30_000);
      const previousMs = b.terms[0]?.previousRenewAtMs ?? NaN;
      assert.ok(previousMs <= renewAtMs + 2_000, 'no later than we saw it, with our next look');
      assert.equal(previousMs < renewAtMs, skewMs < 0, 'no earlier than anybody says');
    });
  }

  test('a leader survives requests that fail, and an answer that is lost, within the deadline', async () => {
    const { clock, server, a } = await pair();
    for (const fault of [500, 429, 401, 403, 'hang', 'lose-answer'] as const) {
      server.faults.set('a', fault);
      await clock.advance(5_000);
      server.faults.clear();
      await clock.advance(10_000);
    }
    assert.deepEqual(a.told, ['leads a/0']);
  });

  test('a Lease that is deleted is made again, without a new term', async () => {
    const { clock, server, a, b } = await pair();
    server.lease = undefined;
    await clock.advance(2_000);
    assert.ok(server.holder === 'a' || server.holder === 'b');
    await clock.advance(30_000);
    const leaders = [a, b].filter((one) => one.elector.term !== undefined);
    assert.equal(leaders.length, 1);
    assert.equal(leaders[0]?.elector.describe().identity, server.holder);
  });

  test('a holder emptied by hand, fields removed, other fields added: the leader goes on and keeps what it does not know', async () => {
    const { clock, server, a, b } = await pair();
    await clock.advance(1);
    b.elector.stop().catch(() => undefined);
    server.edit({ holderIdentity: '' });
    await clock.advance(4_000);
    server.edit({
      holderIdentity: 'a',
      leaseDurationSeconds: undefined,
      renewTime: 'yesterday',
      strategy: 'OldestEmulationVersion',
    });
    await clock.advance(4_000);
    assert.deepEqual(a.told, ['leads a/0']);
    assert.equal(server.holder, 'a');
    assert.equal(server.lease?.spec['strategy'], 'OldestEmulationVersion');
  });

  test('a Lease given to somebody else by hand ends the term with the next renewal; without a sign of life it comes back', async () => {
    const { clock, server, a, b } = await pair();
    await b.elector.stop();
    server.edit({ holderIdentity: 'nobody', leaseDurationSeconds: 86_400 });
    await clock.advance(2_000);
    assert.deepEqual(a.told, ['leads a/0', 'stopped: taken-over', 'sees nobody']);
    await clock.advance(70_000);
    assert.deepEqual(a.told.slice(3), ['leads a/1']);
  });

  test('fifty conflicts in a row cost a leader nothing but requests at its usual pace', async () => {
    const { clock, server, a } = await pair();
    const before = server.requests.length;
    for (let round = 0; round < 50; round++) {
      server.edit({ note: round });
      await clock.advance(500);
    }
    assert.deepEqual(a.told, ['leads a/0']);
    assert.ok(server.requests.length - before < 80, `${server.requests.length - before} requests in 25 s`);
  });

  test('missing rights are said once, with the remedy, and asked for slowly; granted, they are used', async () => {
    const { clock, server, candidate } = setUp();
    const a = candidate('a');
    server.faults.set('a', 403);
    a.elector.start();
    await clock.advance(300_000);
    assert.ok(server.requests.length <= 16, `${server.requests.length} requests in 5 minutes`);
    const warnings = a.log.filter((line) => line.level === 'warn');
    assert.equal(warnings.length, 1);
    assert.equal(warnings[0]?.err?.code, 'API_FORBIDDEN');
    assert.match(warnings[0].err.message, /get leases\.coordination\.k8s\.io watcher-leader-lock in namespace agents/);
    assert.match(warnings[0].remedy ?? '', /grant/);
    server.faults.clear();
    await clock.advance(40_000);
    assert.deepEqual(a.told, ['leads a/0']);
    assert.ok(a.log.some((line) => line.msg === 'the Lease can be used again'));
  });

  test('the wall clock may jump: nothing is renewed, lost or taken for it', async () => {
    const { clock, a, b } = await pair();
    for (const jump of [3_600_000, -7_200_000, 86_400_000]) {
      clock.jumpWallClock(jump);
      await clock.advance(30_000);
    }
    assert.deepEqual(a.told, ['leads a/0']);
    assert.deepEqual(b.told, ['sees a']);
  });

  test('stopping when the API server is gone takes three seconds at most', async () => {
    const { clock, server, a } = await pair();
    server.faults.set('a', 'hang');
    let stopped = false;
    void a.elector.stop().then(() => (stopped = true));
    assert.deepEqual(a.told, ['leads a/0', 'stopped: shutdown'], 'the term is over at once');
    await clock.advance(3_000);
    assert.equal(stopped, true);
  });

  test('stopping during a renewal gives back what that renewal wrote', async () => {
    const { clock, server, a } = await pair();
    server.faults.set('a', 'lose-answer');
    await clock.advance(2_500);
    server.faults.clear();
    await a.elector.stop();
    assert.equal(server.holder, '');
  });

  test('stopping before starting, and twice, is harmless', async () => {
    const { clock, candidate } = setUp();
    const a = candidate('a');
    await a.elector.stop();
    await a.elector.stop();
    a.elector.start();
    await clock.advance(60_000);
    assert.deepEqual(a.told, []);
    assert.equal(a.elector.describe().state, 'Stopped');
  });

  test('a listener that stops the elector from within is served', async () => {
    const { clock, server } = setUp();
    let stopped: Promise<void> | undefined;
    const elector = new LeaderElector({
      lease: { namespace: 'x', name: 'y' },
      identity: 'a',
      transport: server.transportOf('a'),
      clock,
      random,
      logger: createLogger({ level: 'silent' }),
      events: {
        onStartedLeading: () => void (stopped = elector.stop()),
        onStoppedLeading: () => {
          throw new Error('a listener that throws changes nothing');
        },
        onNewLeader: () => undefined,
      },
    });
    elector.start();
    await clock.advance(0);
    await stopped;
    assert.equal(server.holder, '');
    assert.equal(clock.pendingTimers, 0);
  });
});
