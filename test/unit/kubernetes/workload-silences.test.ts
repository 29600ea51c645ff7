/** Annotations of workloads that silence: read when a finding asks, seldom, and never for longer than a moment. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ApiRequest, ApiResponse } from '../../../internal/kubernetes/transport.ts';
import { WorkloadSilences } from '../../../internal/kubernetes/workload-silences.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { OWNER_WAIT_MS } from '../../../internal/platform/limits.ts';
import { createLogger } from '../../../internal/platform/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const text = 'until=2026-11-22T10:00:00Z owner=jane';
const web = { kind: 'Deployment', name: 'web' };

class Rig {
  readonly clock = new ManualClock();
  readonly requests: ApiRequest[] = [];
  readonly log: { readonly msg: string }[] = [];
  answer: { readonly status: number; readonly body?: unknown } | 'never' | Error = {
    status: 200,
    body: { metadata: { uid: 'u1', name: 'web', annotations: { 'watcher/silence': text } } },
  };
  readonly silences = new WorkloadSilences({
    clock: this.clock,
    logger: createLogger({
      level: 'info',
      destination: { write: (line: string) => void this.log.push(JSON.parse(line) as Rig['log'][number]) },
    }),
    transport: { request: (request) => this.#request(request) },
  });

  async asked(workload = web): Promise<string | undefined> {
    await this.silences.ask('shop', workload);
    return this.silences.textOf('shop', workload);
  }

  #request(request: ApiRequest): Promise<ApiResponse> {
    this.requests.push(request);
    const { answer } = this;
    if (answer instanceof Error) return Promise.reject(answer);
    if (answer === 'never') return new Promise(() => undefined);
    return Promise.resolve({
      status: answer.status,
      headers: {},
      body: Buffer.from(JSON.stringify(answer.body ?? {})),
    });
  }
}

describe('a workload that is silenced', () => {
  for (const [kind, path] of [
    ['Deployment', 'apps/v1/namespaces/shop/deployments'],
    ['StatefulSet', 'apps/v1/namespaces/shop/statefulsets'],
    ['DaemonSet', 'apps/v1/namespaces/shop/daemonsets'],
    ['ReplicaSet', 'apps/v1/namespaces/shop/replicasets'],
    ['Job', 'batch/v1/namespaces/shop/jobs'],
    ['CronJob', 'batch/v1/namespaces/shop/cronjobs'],
  ] as const) {
    test(`is read by name, metadata alone: ${kind}`, async () => {
      const rig = new Rig();
      assert.equal(await rig.asked({ kind, name: 'web' }), text);
      assert.equal(rig.requests[0]?.path, `/apis/${path}/web`);
      assert.match(rig.requests[0].headers?.['accept'] ?? '', /as=PartialObjectMetadata;/);
    });
  }

  test('is not looked for where its kind is unknown, or nothing controls the pod', () => {
    const rig = new Rig();
    for (const kind of ['', 'Node', 'Rollout']) assert.equal(rig.silences.ask('shop', { kind, name: 'x' }), undefined);
    assert.deepEqual(rig.requests, []);
  });

  test('is known for a minute, and read anew then', async () => {
    const rig = new Rig();
    await rig.asked();
    assert.equal(rig.silences.ask('shop', web), undefined);
    await rig.clock.advance(60_000);
    rig.answer = { status: 200, body: { metadata: { uid: 'u1', name: 'web' } } };
    assert.equal(await rig.asked(), '');
    assert.equal(rig.requests.length, 2);
  });

  for (const answer of [{ status: 404 }, { status: 200, body: 'odd' }, { status: 200, body: { metadata: {} } }]) {
    test(`silences nothing where the answer is ${JSON.stringify(answer)}`, async () => {
      const rig = new Rig();
      rig.answer = answer;
      assert.equal(await rig.asked(), '');
    });
  }

  test('is left alone for ten minutes where it may not be read, which is said once', async () => {
    const rig = new Rig();
    rig.answer = { status: 403, body: { kind: 'Status', reason: 'Forbidden' } };
    assert.equal(await rig.asked(), undefined);
    assert.equal(await rig.asked({ kind: 'Deployment', name: 'other' }), undefined);
    assert.equal(rig.requests.length, 1);
    await rig.clock.advance(10 * 60_000);
    await rig.asked();
    assert.equal(rig.requests.length, 2);
    assert.deepEqual(
      rig.log.map(({ msg }) => msg),
      ['annotations of a Deployment that silence are not seen'],
    );
  });

  test('holds up nobody for longer than a moment, nor where the API server fails', async () => {
    const rig = new Rig();
    rig.answer = 'never';
    const asked = rig.silences.ask('shop', web);
    await rig.clock.advance(OWNER_WAIT_MS);
    await asked;
    assert.equal(rig.silences.textOf('shop', web), undefined);
    const failing = new Rig();
    failing.answer = new CodedError('API_UNREACHABLE', 'gone');
    assert.equal(await failing.asked(), undefined);
    assert.equal(failing.silences.ask('shop', { kind: 'Job', name: 'x' }), undefined);
  });

  test('is asked for once by many, and eight are asked for at a time', async () => {
    const rig = new Rig();
    rig.answer = 'never';
    const asked = Array.from({ length: 20 }, (_none, at) =>
      rig.silences.ask('shop', { ...web, name: `web-${at % 10}` }),
    );
    assert.equal(rig.requests.length, 8);
    assert.equal(asked.filter((one) => one === undefined).length, 4);
    rig.silences.stop();
    await rig.clock.advance(OWNER_WAIT_MS);
    await Promise.all(asked.filter((one) => one !== undefined));
  });
});
