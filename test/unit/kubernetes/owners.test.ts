/** Owners are read on demand: few at once, seldom, none in vain, and no finding waits longer than a moment. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Owners } from '../../../internal/kubernetes/owners.ts';
import type { ApiRequest, ApiResponse } from '../../../internal/kubernetes/transport.ts';
import type { OwnerName } from '../../../internal/pipeline/owner-lookup.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { createLogger } from '../../../internal/platform/log.ts';
import { OWNER_WAIT_MS } from '../../../internal/platform/limits.ts';
import { ManualClock } from '../../support/manual-clock.ts';

type Answer = { readonly status: number; readonly body?: unknown } | 'never' | Error;

const uidOf = (at: number | string): string => `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
const job = (at = 1, namespace = 'shop'): OwnerName => ({ kind: 'Job', namespace, name: `job-${at}`, uid: uidOf(at) });
const replicaSet: OwnerName = { kind: 'ReplicaSet', namespace: 'shop', name: 'web', uid: uidOf(9) };

function jobObject(uid: string, parts: { spec?: object; status?: object; metadata?: object } = {}): object {
  return {
    metadata: { uid, name: 'job', namespace: 'shop', resourceVersion: '1', ...parts.metadata },
    spec: { backoffLimit: 3, template: { spec: { restartPolicy: 'OnFailure' } }, ...parts.spec },
    status: { failed: 1, ...parts.status },
  };
}

class Rig {
  readonly clock = new ManualClock();
  readonly requests: ApiRequest[] = [];
  readonly outcomes: string[] = [];
  readonly log: { level: string; err?: { code: string } }[] = [];
  answer: (request: ApiRequest) => Answer = () => ({ status: 200, body: jobObject(uidOf(1)) });
  readonly owners = new Owners({
    clock: this.clock,
    logger: createLogger({
      level: 'info',
      destination: { write: (line: string) => void this.log.push(JSON.parse(line) as Rig['log'][number]) },
    }),
    transport: { request: (request, { signal }) => this.#request(request, signal) },
    asked: (kind, outcome) => this.outcomes.push(`${kind} ${outcome}`),
  });

  #request(request: ApiRequest, signal?: AbortSignal): Promise<ApiResponse> {
    this.requests.push(request);
    const answer = this.answer(request);
    if (answer instanceof Error) return Promise.reject(answer);
    if (answer === 'never') {
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    }
    const body = Buffer.from(JSON.stringify(answer.body ?? {}));
    return Promise.resolve({ status: answer.status, headers: {}, body });
  }
}

describe('an owner', () => {
  test('is read once, by name, as metadata or whole, and then known', async () => {
    const rig = new Rig();
    const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: uidOf(5), controller: true };
    rig.answer = ({ path }) => ({
      status: 200,
      body: jobObject(uidOf(path.includes('jobs') ? 1 : 9), { metadata: { ownerReferences: [owner] } }),
    });
    assert.equal(await rig.owners.ask(job()), 'read');
    assert.equal(await rig.owners.ask(replicaSet), 'read');
    assert.equal(rig.owners.ask(replicaSet), undefined);
    assert.equal(rig.owners.ask(job()), undefined);
    assert.deepEqual(rig.owners.get(uidOf(1)), {
      uid: uidOf(1),
      owner: { apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: uidOf(5) },
      job: {
        uid: uidOf(1),
        backoffLimit: 3,
        hasOwnRules: false,
        restartPolicy: 'OnFailure',
        failed: 1,
        isFailed: false,
      },
    });
    assert.equal(rig.owners.get(uidOf(9))?.job, undefined);
    assert.deepEqual(
      rig.requests.map(({ path }) => path),
      ['/apis/batch/v1/namespaces/shop/jobs/job-1', '/apis/apps/v1/namespaces/shop/replicasets/web'],
    );
    assert.match(
      rig.requests[1]?.headers?.['accept'] ?? '',
      /^application\/vnd.kubernetes.protobuf;as=PartialObjectMetadata/,
    );
    assert.deepEqual(rig.outcomes, ['Job read', 'ReplicaSet read']);
  });

  test('that is a Job is read anew for a later attempt, until it has failed', async () => {
    const rig = new Rig();
    await rig.owners.ask(job());
    await rig.clock.advance(1_999);
    assert.equal(rig.owners.ask(job()), undefined);
    assert.equal(await rig.owners.ask({ ...job(), isLastWord: true }), 'read', 'no update of the pod will come');
    await rig.clock.advance(2_000);
    rig.answer = () => ({
      status: 200,
      body: jobObject(uidOf(1), { status: { failed: 4, conditions: [{ type: 'Failed', status: 'True' }] } }),
    });
    assert.equal(await rig.owners.ask(job()), 'read');
    assert.equal(rig.owners.get(uidOf(1))?.job?.isFailed, true);
    await rig.clock.advance(60_000);
    assert.equal(rig.owners.ask(job()), undefined);
  });

  test('that is gone, or another one under its name, is not asked for again', async () => {
    const rig = new Rig();
    rig.answer = () => ({ status: 404 });
    assert.equal(await rig.owners.ask(job()), 'gone');
    rig.answer = () => ({ status: 200, body: jobObject(uidOf(77)) });
    assert.equal(await rig.owners.ask(job(2)), 'gone');
    await rig.clock.advance(3_600_000);
    assert.equal(rig.owners.ask(job()), undefined);
    assert.equal(rig.owners.get(uidOf(2)), undefined);
  });

  test('that we may not read is left alone there for ten minutes, and that is said once', async () => {
    const rig = new Rig();
    rig.answer = () => ({ status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'no' } });
    assert.equal(await rig.owners.ask(job()), 'denied');
    assert.equal(rig.owners.ask(job(2)), undefined);
    assert.equal(await rig.owners.ask(job(3, 'bank')), 'denied', 'rights are given by namespace');
    assert.deepEqual(
      rig.log.map(({ level, err }) => `${level} ${err?.code}`),
      ['warn API_FORBIDDEN'],
    );
    await rig.clock.advance(10 * 60_000);
    rig.answer = () => ({ status: 200, body: jobObject(uidOf(1)) });
    assert.equal(await rig.owners.ask(job()), 'read');
  });

  for (const [what, answer] of [
    ['500', { status: 500 }],
    ['garbage', { status: 200, body: [] }],
    ['nothing, as the server is away', new CodedError('API_UNREACHABLE', 'gone')],
  ] as const) {
    test(`answered by ${what} is asked for again after a pause, and so is every other`, async () => {
      const rig = new Rig();
      rig.answer = () => answer;
      assert.equal(await rig.owners.ask(job()), 'failed');
      assert.equal(rig.owners.ask(job(2)), undefined);
      await rig.clock.advance(10_000);
      rig.answer = () => ({ status: 200, body: jobObject(uidOf(1)) });
      assert.equal(await rig.owners.ask(job()), 'read');
    });
  }

  test('that takes long is waited for a moment only, and known afterwards', async () => {
    const rig = new Rig();
    const slow = Promise.withResolvers<ApiResponse>();
    const owners = new Owners({
      ...{ clock: rig.clock, logger: createLogger({ level: 'silent' }) },
      transport: { request: () => slow.promise },
    });
    const asked = owners.ask(job());
    assert.equal(owners.ask(job()), asked, 'one question for all who ask');
    await rig.clock.advance(OWNER_WAIT_MS);
    assert.equal(await asked, 'late');
    slow.resolve({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(jobObject(uidOf(1)))) });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(owners.get(uidOf(1))?.job?.failed, 1);
  });

  test('is one of at most four under way and sixty that wait; the rest is told by name', async () => {
    const rig = new Rig();
    rig.answer = () => 'never';
    const asked = Array.from({ length: 100 }, (_, at) => rig.owners.ask(job(at)));
    assert.deepEqual([rig.requests.length, asked.filter((each) => each === undefined).length], [4, 36]);
    rig.owners.stop();
    assert.deepEqual([...new Set(await Promise.all(asked.filter((each) => each !== undefined)))], ['stopped']);
    assert.equal(rig.requests.length, 4);
    assert.equal(rig.owners.ask(job()), undefined);
  });

  test('is one of at most two thousand that are kept, the one used last', async () => {
    const rig = new Rig();
    rig.answer = ({ path }) => ({ status: 200, body: jobObject(uidOf(path.split('job-')[1] ?? '')) });
    for (let at = 0; at < 2_100; at++) {
      await rig.owners.ask(job(at));
      rig.owners.get(uidOf(0));
    }
    assert.ok(rig.owners.get(uidOf(0)) !== undefined);
    assert.equal(rig.owners.get(uidOf(1)), undefined);
  });
});
