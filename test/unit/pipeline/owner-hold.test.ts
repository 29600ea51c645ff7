/** A finding waits for its owners a moment at most, in order, and is told whatever comes of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OwnerHold } from '../../../internal/pipeline/owner-hold.ts';
import type { AskOutcome, JobFacts, OwnerLookup } from '../../../internal/pipeline/owner-lookup.ts';
import { ownersByName } from '../../../internal/pipeline/owner-lookup.ts';
import { OWNER_FINDINGS_HELD } from '../../../internal/platform/limits.ts';
import { aFinding } from '../../support/finding-builder.ts';

const retrying: JobFacts = {
  uid: 'job',
  backoffLimit: 6,
  hasOwnRules: false,
  restartPolicy: 'Never',
  failed: 0,
  isFailed: false,
};

const byJob = (eventId: string, uid = 'job'): ReturnType<typeof aFinding> =>
  aFinding({ eventId, pod: { owner: { apiVersion: 'batch/v1', kind: 'Job', name: 'backup', uid } } });

/** Answers when the test says so. */
function slowOwners(): { owners: OwnerLookup; answer: (job?: JobFacts) => Promise<void>; asked: string[] } {
  const waiting: ((outcome: AskOutcome) => void)[] = [];
  const asked: string[] = [];
  let known: JobFacts | undefined;
  const owners: OwnerLookup = {
    ...ownersByName,
    jobOf: () => known,
    ask: ({ owner }) => {
      asked.push(owner?.uid ?? '');
      return known === undefined ? new Promise((resolve) => waiting.push(resolve)) : undefined;
    },
  };
  const answer = async (job?: JobFacts): Promise<void> => {
    known = job;
    for (const resolve of waiting.splice(0)) resolve(job === undefined ? 'late' : 'read');
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { owners, answer, asked };
}

describe('a finding', () => {
  test('passes at once where there is nothing to wait for', () => {
    const passed: string[] = [];
    const hold = new OwnerHold(ownersByName);
    hold.take(byJob('a'), ({ eventId }) => passed.push(eventId));
    hold.take(aFinding({ eventId: 'b' }), ({ eventId }) => passed.push(eventId));
    assert.deepEqual(passed, ['a', 'b']);
    assert.equal(hold.size, 0);
  });

  test('waits with the others of its owner, in order, and is less severe where the Job tries again', async () => {
    const { owners, answer, asked } = slowOwners();
    const hold = new OwnerHold(owners);
    const passed: string[] = [];
    const pass = ({ eventId, severity }: { eventId: string; severity: string }): void =>
      void passed.push(`${eventId} ${severity}`);
    hold.take(byJob('a'), pass);
    hold.take(byJob('b'), pass);
    const settled = hold.settled();
    assert.deepEqual([passed, hold.size, asked], [[], 2, ['job']]);
    await answer(retrying);
    await settled;
    hold.take(byJob('c'), pass);
    assert.deepEqual(passed, ['a info', 'b info', 'c info']);
  });

  test('is told as it was where the answer is late or stopped for', async () => {
    const { owners, answer } = slowOwners();
    const hold = new OwnerHold(owners);
    const passed: string[] = [];
    hold.take(byJob('a'), ({ severity }) => passed.push(severity));
    await answer(undefined);
    hold.take(byJob('b'), ({ severity }) => passed.push(severity));
    hold.stop();
    assert.deepEqual(passed, ['critical', 'critical']);
    await answer(retrying);
    assert.equal(passed.length, 2, 'nothing is told twice');
  });

  test('is one of at most so many that wait: beyond that all are told', () => {
    const { owners } = slowOwners();
    const hold = new OwnerHold(owners);
    let passed = 0;
    for (let at = 0; at < OWNER_FINDINGS_HELD; at++) hold.take(byJob(`e${at}`, `job-${at}`), () => passed++);
    assert.deepEqual([passed, hold.size], [OWNER_FINDINGS_HELD, 0]);
  });
});
