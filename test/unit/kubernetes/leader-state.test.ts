import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Lease } from '../../../internal/kubernetes/leader-lease.ts';
import {
  initialLeaderState,
  stepLeader,
  type LeaderEffect,
  type LeaderInput,
  type LeaderReason,
  type LeaderState,
} from '../../../internal/kubernetes/leader-state.ts';

const rules = { identity: 'me', leaseDurationMs: 15_000, renewDeadlineMs: 10_000 };
const NOW = 100_000;
const DAY_MS = 24 * 60 * 60 * 1000;

function lease(holder: string, more: Partial<Lease> = {}): Lease {
  const object = { metadata: {}, spec: {} };
  const times = { durationMs: 15_000, renewAtMs: 77, toldUntilMs: undefined };
  return { holder, ...times, transitions: 3, mark: `${holder} 1`, object, ...more };
}

const mine = lease('me');
const other = lease('other');
const free = lease('', { durationMs: 1000 });
const seen = { lease: other, sinceMs: NOW - 14_999 };
const overdue = { lease: other, sinceMs: NOW - 15_000 };

const follower: LeaderState = { kind: 'Follower', seen };
const reading: LeaderState = { kind: 'Acquiring', seen, doing: 'reading' };
const writing: LeaderState = { kind: 'Acquiring', seen, doing: 'writing' };
const leading = (
  doing: 'waiting' | 'renewing' | 'checking' | 'retaking' = 'waiting',
  renewedMs = NOW - 9_999,
): LeaderState => ({ kind: 'Leading', lease: mine, renewedMs, doing });
const releasing = (doing: 'reading' | 'writing' = 'reading'): LeaderState => ({ kind: 'Releasing', doing });
const stopped: LeaderState = { kind: 'Stopped' };

const due: LeaderInput = { kind: 'due' };
const read = (found: Lease | undefined): LeaderInput => ({ kind: 'read', lease: found });
const written = (now: Lease, sentMs = NOW - 10): LeaderInput => ({ kind: 'written', lease: now, sentMs });
const conflict: LeaderInput = { kind: 'conflict' };
const failed = (why: 'forbidden' | 'refused' | 'unavailable'): LeaderInput => ({ kind: 'failed', why });
const stop: LeaderInput = { kind: 'stop' };

const wait = (how: 'retry' | 'slow' | 'release'): LeaderEffect => ({ do: 'wait', how });
const look: LeaderEffect = { do: 'read' };
const cancel: LeaderEffect = { do: 'cancel' };
const finish: LeaderEffect = { do: 'finish' };
const end = (reason: 'renew-deadline' | 'taken-over' | 'shutdown'): LeaderEffect => ({ do: 'end', reason });
const announce = (holder: string): LeaderEffect => ({ do: 'announce', holder });
const take = (now: Lease): LeaderEffect => ({ do: 'update', lease: now, transitions: 4, isNewTerm: true });
const renewal = (now: Lease): LeaderEffect => ({ do: 'update', lease: now, transitions: 3, isNewTerm: false });
const lost = (why: 'renew-deadline' | 'taken-over', holder?: string): LeaderEffect[] => [
  cancel,
  end(why),
  ...(holder === undefined ? [] : [announce(holder)]),
  wait('retry'),
];
const giveBack = [cancel, end('shutdown'), look, wait('release')];

type Row = readonly [
  name: string,
  from: LeaderState,
  input: LeaderInput,
  to: LeaderState,
  effects: readonly LeaderEffect[],
  reason: LeaderReason,
];

const unknown: LeaderState = { kind: 'Follower', seen: undefined };
const since = (now: Lease, sinceMs = NOW) => ({ lease: now, sinceMs });

// prettier-ignore
const rows: readonly Row[] = [
  ['a follower looks when it is time', follower, due, reading, [look], 'looking'],
  ['the first look', initialLeaderState, due, { ...reading, seen: undefined }, [look], 'looking'],
  ['a follower that stops is stopped', follower, stop, stopped, [finish], 'stopped'],
  ['an answer nobody waits for changes nothing', follower, read(free), follower, [], 'ignored'],
  ['a late claim makes no leader of a follower', follower, written(mine), follower, [], 'ignored'],
  ['a late conflict changes nothing', follower, conflict, follower, [], 'ignored'],
  ['a late failure changes nothing', follower, failed('forbidden'), follower, [], 'ignored'],

  ['a Lease that was deleted is created, counting on', reading, read(undefined), writing, [{ do: 'create', transitions: 4, isNewTerm: true }], 'lease-absent'],
  ['a Lease that never was is created', { ...reading, seen: undefined }, read(undefined), { ...writing, seen: undefined }, [{ do: 'create', transitions: 0, isNewTerm: true }], 'lease-absent'],
  ['a Lease nobody holds is taken', reading, read(free), { ...writing, seen: since(free) }, [take(free)], 'lease-free'],
  ['a Lease left by ourselves is taken as a new term', reading, read(mine), { ...writing, seen: since(mine) }, [take(mine)], 'lease-ours'],
  ['a holder silent for less than its time is believed', reading, read(other), follower, [wait('retry')], 'held-by-other'],
  ['a holder silent for its time is replaced', { ...reading, seen: overdue }, read(other), { ...writing, seen: overdue }, [take(other)], 'lease-expired'],
  ['a holder that renewed is believed anew', { ...reading, seen: overdue }, read(lease('other', { mark: 'renewed' })), { kind: 'Follower', seen: since(lease('other', { mark: 'renewed' })) }, [wait('retry')], 'held-by-other'],
  ['a new holder is announced', reading, read(lease('third')), { kind: 'Follower', seen: since(lease('third')) }, [announce('third'), wait('retry')], 'held-by-other'],
  ['the first holder seen is announced', { ...reading, seen: undefined }, read(other), { kind: 'Follower', seen: since(other) }, [announce('other'), wait('retry')], 'held-by-other'],
  ['a holder that names no duration is believed for ours', { ...reading, seen: { lease: lease('other', { durationMs: undefined }), sinceMs: NOW - 15_000 } }, read(lease('other', { durationMs: undefined })), { ...writing, seen: { lease: lease('other', { durationMs: undefined }), sinceMs: NOW - 15_000 } }, [take(lease('other', { durationMs: undefined }))], 'lease-expired'],
  ['a duration edited to a day is not believed for a day', { ...reading, seen: { lease: lease('other', { durationMs: 86_400_000 }), sinceMs: NOW - 60_000 } }, read(lease('other', { durationMs: 86_400_000 })), { ...writing, seen: { lease: lease('other', { durationMs: 86_400_000 }), sinceMs: NOW - 60_000 } }, [take(lease('other', { durationMs: 86_400_000 }))], 'lease-expired'],
  ['a claim nobody made is no claim', reading, written(mine), reading, [], 'ignored'],
  ['a look that conflicts waits', reading, conflict, follower, [wait('retry')], 'lost-race'],
  ['an API server that is down is asked again soon', reading, failed('unavailable'), follower, [wait('retry')], 'unavailable'],
  ['missing rights are asked for slowly', reading, failed('forbidden'), follower, [wait('slow')], 'forbidden'],
  ['a request refused as it is is repeated slowly', reading, failed('refused'), follower, [wait('slow')], 'refused'],
  ['the wait that ends while a request is under way starts no second', reading, due, reading, [], 'ignored'],
  ['who only looked and stops is stopped', reading, stop, stopped, [cancel, finish], 'stopped'],

  ['a claim that came through leads', writing, written(mine), leading('waiting', NOW - 10), [{ do: 'begin', transitions: 3, previousRenewAtMs: 77 }, wait('retry')], 'acquired'],
  ['who takes over looks back to when all was told', { ...writing, seen: { ...seen, lease: lease('other', { toldUntilMs: 55 }) } }, written(mine), leading('waiting', NOW - 10), [{ do: 'begin', transitions: 3, previousRenewAtMs: 55 }, wait('retry')], 'acquired'],
  ['but not further than the plane remembers', { ...writing, seen: { ...seen, lease: lease('other', { toldUntilMs: 55, renewAtMs: 30 * DAY_MS }) } }, written(mine), leading('waiting', NOW - 10), [{ do: 'begin', transitions: 3, previousRenewAtMs: 24 * DAY_MS }, wait('retry')], 'acquired'],
  ['a created Lease names no renewal before', { ...writing, seen: undefined }, written(mine), leading('waiting', NOW - 10), [{ do: 'begin', transitions: 3, previousRenewAtMs: undefined }, wait('retry')], 'acquired'],
  ['a claim answered too late is no claim', writing, written(mine, NOW - 10_000), unknown, [wait('retry')], 'renew-deadline'],
  ['a claim that lost the race follows', writing, conflict, follower, [wait('retry')], 'lost-race'],
  ['a claim that failed follows', writing, failed('unavailable'), follower, [wait('retry')], 'unavailable'],
  ['a claim without rights follows slowly', writing, failed('forbidden'), follower, [wait('slow')], 'forbidden'],
  ['a look nobody waits for changes nothing', writing, read(free), writing, [], 'ignored'],
  ['a wait that ends during the claim changes nothing', writing, due, writing, [], 'ignored'],
  ['who stops during a claim gives back what may have come through', writing, stop, releasing(), [cancel, look, wait('release')], 'releasing'],

  ['a leader renews when it is time', leading(), due, leading('renewing'), [renewal(mine)], 'renewing'],
  ['the wait that ends during a renewal starts no second', leading('renewing'), due, leading('renewing'), [], 'ignored'],
  ['the wait that ends during a check starts nothing', leading('checking'), due, leading('checking'), [], 'ignored'],
  ['the wait that ends while retaking starts nothing', leading('retaking'), due, leading('retaking'), [], 'ignored'],
  ['a renewal counts from when it was sent', leading('renewing'), written(mine), leading('waiting', NOW - 10), [wait('retry')], 'renewed'],
  ['retaking counts the same', leading('retaking'), written(mine), leading('waiting', NOW - 10), [wait('retry')], 'renewed'],
  ['a renewal sent earlier than the last one sets nothing back', leading('renewing', NOW - 5), written(mine), leading('waiting', NOW - 5), [wait('retry')], 'renewed'],
  ['a renewal that failed is tried again', leading('renewing'), failed('unavailable'), leading(), [wait('retry')], 'unavailable'],
  ['a renewal without rights is tried again until the deadline', leading('renewing'), failed('forbidden'), leading(), [wait('retry')], 'forbidden'],
  ['a check that failed is tried again', leading('checking'), failed('unavailable'), leading(), [wait('retry')], 'unavailable'],
  ['a Lease somebody wrote to is looked at, at once', leading('renewing'), conflict, leading('checking'), [look], 'lease-changed'],
  ['a second conflict in a row waits', leading('retaking'), conflict, leading(), [wait('retry')], 'lease-changed'],
  ['a check that conflicts waits', leading('checking'), conflict, leading(), [wait('retry')], 'lease-changed'],
  ['a conflict while waiting waits on', leading(), conflict, leading(), [wait('retry')], 'lease-changed'],
  ['still ours: renewed with what is there', leading('checking'), read(mine), leading('retaking'), [renewal(mine)], 'lease-ours'],
  ['deleted: created again, the term goes on', leading('checking'), read(undefined), leading('retaking'), [{ do: 'create', transitions: 3, isNewTerm: false }], 'lease-absent'],
  ['the holder emptied by hand: taken back', leading('checking'), read(lease('')), leading('retaking'), [renewal(lease(''))], 'lease-free'],
  ['emptied after somebody else had led: lost', leading('checking'), read(lease('', { transitions: 4 })), { kind: 'Follower', seen: since(lease('', { transitions: 4 })) }, lost('taken-over'), 'taken-over'],
  ['somebody else holds it: lost and announced', leading('checking'), read(other), { kind: 'Follower', seen: since(other) }, lost('taken-over', 'other'), 'taken-over'],
  ['a look nobody asked for changes nothing', leading(), read(other), leading(), [], 'ignored'],
  ['past the deadline a leader has lost, also while a renewal hangs', leading('renewing', NOW - 10_000), due, unknown, lost('renew-deadline'), 'renew-deadline'],
  ['past the deadline no check helps', leading('checking', NOW - 20_000), read(mine), unknown, lost('renew-deadline'), 'renew-deadline'],
  ['past the deadline a failure is the end', leading('renewing', NOW - 10_000), failed('unavailable'), unknown, lost('renew-deadline'), 'renew-deadline'],
  ['past the deadline a conflict is the end', leading('renewing', NOW - 10_000), conflict, unknown, lost('renew-deadline'), 'renew-deadline'],
  ['a renewal sent in time and answered after a freeze is the end', leading('renewing', NOW - 30_000), written(mine, NOW - 29_000), unknown, lost('renew-deadline'), 'renew-deadline'],
  ['a renewal sent after the freeze saves the term', leading('renewing', NOW - 10_000), written(mine, NOW - 10), leading('waiting', NOW - 10), [wait('retry')], 'renewed'],
  ['a leader that stops ends its term and gives the Lease back', leading('renewing'), stop, releasing(), giveBack, 'releasing'],
  ['the same past its deadline', leading('waiting', NOW - 20_000), stop, releasing(), giveBack, 'releasing'],
  ['a renewal answered twice counts once more', leading(), written(mine), leading('waiting', NOW - 10), [wait('retry')], 'renewed'],
  ['a failure while waiting waits on', leading(), failed('unavailable'), leading(), [wait('retry')], 'unavailable'],
  ['a look nobody asked for during a renewal changes nothing', leading('renewing'), read(other), leading('renewing'), [], 'ignored'],
  ['nor while retaking', leading('retaking'), read(other), leading('retaking'), [], 'ignored'],
  ['a renewal that was thought lost counts', leading('checking'), written(mine), leading('waiting', NOW - 10), [wait('retry')], 'renewed'],
  ['retaking that failed is tried again', leading('retaking'), failed('refused'), leading(), [wait('retry')], 'refused'],
  ['a leader stops while checking', leading('checking'), stop, releasing(), giveBack, 'releasing'],
  ['a leader stops while retaking', leading('retaking'), stop, releasing(), giveBack, 'releasing'],

  ['what is ours is given back', releasing(), read(mine), releasing('writing'), [{ do: 'release', lease: mine }], 'releasing'],
  ['what is not ours is left', releasing(), read(other), stopped, [cancel, finish], 'not-ours'],
  ['what is not there needs no giving back', releasing(), read(undefined), stopped, [cancel, finish], 'not-ours'],
  ['given back', releasing('writing'), written(free), stopped, [cancel, finish], 'released'],
  ['an old answer is not taken for it', releasing(), written(mine), releasing(), [], 'ignored'],
  ['a look while writing changes nothing', releasing('writing'), read(mine), releasing('writing'), [], 'ignored'],
  ['a renewal that slipped in is looked at again', releasing('writing'), conflict, releasing(), [look], 'lease-changed'],
  ['the same while looking', releasing(), conflict, releasing(), [look], 'lease-changed'],
  ['a failure to give back ends it', releasing('writing'), failed('unavailable'), stopped, [cancel, finish], 'release-failed'],
  ['a failure to look ends it', releasing(), failed('forbidden'), stopped, [cancel, finish], 'release-failed'],
  ['too long', releasing(), due, stopped, [cancel, finish], 'release-failed'],
  ['too long while writing', releasing('writing'), due, stopped, [cancel, finish], 'release-failed'],
  ['stopping twice is stopping once', releasing(), stop, releasing(), [], 'ignored'],
  ['stopping twice while writing', releasing('writing'), stop, releasing('writing'), [], 'ignored'],

  ...[due, read(free), written(mine), conflict, failed('unavailable'), stop].map((input): Row => [
    `nothing wakes the stopped: ${input.kind}`,
    stopped,
    input,
    stopped,
    [],
    'ignored',
  ]),
];

describe('leader election, every transition', () => {
  for (const [name, from, input, to, effects, reason] of rows) {
    test(name, () => assert.deepEqual(stepLeader(from, input, NOW, rules), { state: to, effects, reason }));
  }

  test('the table leaves out no pair of state and input', () => {
    const states = ['Follower', 'Acquiring reading', 'Acquiring writing', 'Leading waiting', 'Leading renewing'];
    states.push('Leading checking', 'Leading retaking', 'Releasing reading', 'Releasing writing', 'Stopped');
    const named = (state: LeaderState): string => ('doing' in state ? `${state.kind} ${state.doing}` : state.kind);
    const covered = new Set(rows.map(([, from, input]) => `${named(from)} + ${input.kind}`));
    const inputs = ['due', 'read', 'written', 'conflict', 'failed', 'stop'];
    const missing = states
      .flatMap((state) => inputs.map((input) => `${state} + ${input}`))
      .filter((pair) => !covered.has(pair));
    assert.deepEqual(missing, []);
  });
});
