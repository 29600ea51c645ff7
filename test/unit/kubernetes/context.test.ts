/** What is asked of the API server about a failing pod: few requests, bounded, none in vain, and no word of them logged. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mergedEvents } from '../../../internal/kubernetes/context-events.ts';
import { resourcesOf } from '../../../internal/kubernetes/context-limits.ts';
import { ContextReader } from '../../../internal/kubernetes/context.ts';
import type { ApiRequest, ApiResponse, RequestOptions } from '../../../internal/kubernetes/transport.ts';
import type { ContextAnswer, LogOf } from '../../../internal/pipeline/context.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { createLogger } from '../../../internal/platform/log.ts';
import { redact, redactor } from '../../../internal/platform/redact.ts';
import { aSubject, canaries, kubeletEvent } from '../../support/context-answers.ts';
import { ManualClock } from '../../support/manual-clock.ts';

type Answer = { readonly status: number; readonly body?: unknown; readonly text?: string } | 'never' | Error;

class Rig {
  readonly clock = new ManualClock();
  readonly requests: (ApiRequest & { readonly options: RequestOptions })[] = [];
  readonly log: string[] = [];
  answer: (request: ApiRequest) => Answer = () => ({ status: 200, body: { items: [] } });
  readonly reader = new ContextReader({
    ...{ clock: this.clock, redact: redactor(['acme-*']), timeoutMs: 2_000, log: { lines: 20, bytes: 4096 } },
    logger: createLogger({ level: 'debug', destination: { write: (line: string) => void this.log.push(line) } }),
    transport: { request: (request, options) => this.#request(request, options) },
  });

  #request(request: ApiRequest, options: RequestOptions): Promise<ApiResponse> {
    this.requests.push({ ...request, options });
    const answer = this.answer(request);
    if (answer instanceof Error) return Promise.reject(answer);
    if (answer === 'never') {
      return new Promise((_resolve, reject) => {
        options.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    }
    const body = Buffer.from(answer.text ?? JSON.stringify(answer.body ?? {}));
    return Promise.resolve({ status: answer.status, headers: {}, body });
  }

  ask(kind: 'events' | 'logs' | 'limits', subject = aSubject(), signal?: AbortSignal): Promise<ContextAnswer> {
    return this.reader.ask(kind, subject, signal ?? new AbortController().signal);
  }
}

const forbidden = { status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'no' } };

describe('asking', () => {
  test('names the pod’s uid for its events, escaped, and bounds the answer', async () => {
    const rig = new Rig();
    await rig.ask('events', aSubject({ eventsUid: 'a,b=c' }));
    const [request] = rig.requests;
    assert.equal(request?.path, '/api/v1/namespaces/shop/events');
    assert.deepEqual(request.query, { fieldSelector: 'involvedObject.uid=a\\,b\\=c', limit: 200 });
    assert.ok((request.options.maxBytes ?? Infinity) <= 1024 * 1024);
    assert.equal(request.options.timeoutMs, 2_000);
  });

  test('asks for the log of the container that ended, more of it than is told', async () => {
    const rig = new Rig();
    rig.answer = () => ({ status: 200, text: 'starting\nboom\n' });
    const answer = await rig.ask('logs');
    assert.deepEqual(answer, {
      outcome: 'read',
      part: { log: { text: 'starting\nboom', isCut: false } },
    });
    const [request] = rig.requests;
    assert.equal(request?.path, '/api/v1/namespaces/shop/pods/web/log');
    assert.deepEqual(request.query, { container: 'app', tailLines: 100, limitBytes: 262_144, previous: true });
  });

  test('asks again where the container was started anew meanwhile, and not at all where its log went with it', async () => {
    const rig = new Rig();
    const places: (LogOf | undefined)[] = ['current', 'previous'];
    rig.answer = ({ query }) => ({
      status: 200,
      text: query?.['previous'] === true ? 'of the one before' : 'of the next',
    });
    const moving = await rig.ask('logs', aSubject({ logOf: () => places.shift() }));
    assert.ok(moving.outcome === 'read');
    assert.equal(moving.part.log?.text, 'of the one before');
    assert.deepEqual(await rig.ask('logs', aSubject({ logOf: () => undefined })), { outcome: 'gone' });
    assert.equal(rig.requests.length, 2);
  });

  test('reads limits and requests of one container and nothing else', async () => {
    const rig = new Rig();
    const containers = [
      { name: 'proxy', resources: { limits: { cpu: '1' } } },
      { name: 'app', env: [{ name: 'P', value: 'hunter2-canary' }], resources: { limits: { memory: '64Mi' } } },
    ];
    rig.answer = () => ({ status: 200, body: { metadata: { uid: 'uid-1' }, spec: { containers } } });
    const answer = await rig.ask('limits');
    assert.deepEqual(answer, {
      outcome: 'read',
      part: { resources: { limits: { memory: '64Mi' }, requests: {} } },
    });
    assert.deepEqual(await rig.ask('limits', aSubject({ uid: 'another' })), { outcome: 'gone' });
  });

  for (const [kind, status] of [
    ['limits', 404],
    ['logs', 404],
    ['logs', 400],
    ['logs', 204],
  ] as const) {
    test(`takes ${status} for ${kind} as gone`, async () => {
      const rig = new Rig();
      rig.answer = () => ({ status });
      assert.deepEqual(await rig.ask(kind), { outcome: 'gone' });
    });
  }

  test('never hears more of what it may not read for ten minutes, by namespace, and says it once', async () => {
    const rig = new Rig();
    rig.answer = () => forbidden;
    assert.deepEqual(await rig.ask('logs'), { outcome: 'forbidden' });
    assert.deepEqual(await rig.ask('logs'), { outcome: 'forbidden' });
    assert.deepEqual(await rig.ask('logs', aSubject({ namespace: 'bank' })), { outcome: 'forbidden' });
    assert.equal(rig.requests.length, 2);
    const warnings = rig.log.filter((line) => line.includes('"level":"warn"'));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /API_FORBIDDEN.*get pods\/log web in namespace shop/);
    await rig.clock.advance(10 * 60_000);
    rig.answer = () => ({ status: 200, text: '' });
    assert.equal((await rig.ask('logs')).outcome, 'read');
  });

  for (const [what, answer] of [
    ['is away', new CodedError('API_UNREACHABLE', 'gone')],
    ['is busy', { status: 429 }],
    ['is not up', { status: 503 }],
  ] as const) {
    test(`leaves a server alone for ten seconds that ${what}`, async () => {
      const rig = new Rig();
      rig.answer = () => answer;
      assert.deepEqual(await rig.ask('events'), { outcome: 'failed' });
      assert.deepEqual(await rig.ask('logs'), { outcome: 'failed' });
      assert.equal(rig.requests.length, 1);
      await rig.clock.advance(10_000);
      rig.answer = () => ({ status: 200, body: { items: [] } });
      assert.equal((await rig.ask('events')).outcome, 'read');
    });
  }

  test('goes on after an answer that is no JSON, or of a kubelet that is away', async () => {
    const rig = new Rig();
    rig.answer = ({ path }) => (path.endsWith('log') ? { status: 500 } : { status: 200, text: '<html>hunter2-canary' });
    assert.deepEqual(await rig.ask('events'), { outcome: 'failed' });
    assert.deepEqual(await rig.ask('logs'), { outcome: 'failed' });
    assert.equal(rig.requests.length, 2);
    assert.doesNotMatch(rig.log.join(''), /canary/);
  });

  test('has four requests under way at most, five a second after the first twelve, and ends with the signal', async () => {
    const rig = new Rig();
    rig.answer = () => 'never';
    const ending = new AbortController();
    const asked = Array.from({ length: 30 }, () => rig.ask('events', aSubject(), ending.signal));
    await rig.clock.advance(0);
    assert.equal(rig.requests.length, 4);
    ending.abort();
    assert.deepEqual([...new Set((await Promise.all(asked)).map(({ outcome }) => outcome))], ['timed-out']);
    assert.equal(rig.requests.length, 4, 'nobody asks for what nobody waits for');
    rig.answer = () => ({ status: 200, body: { items: [] } });
    await rig.clock.advance(60_000);
    const more = Array.from({ length: 30 }, () => rig.ask('events'));
    await rig.clock.advance(1_000);
    assert.equal(rig.requests.length, 4 + 12 + 5);
    await rig.clock.advance(3_000);
    await Promise.all(more);
  });
});

describe('events', () => {
  const read = (...items: unknown[]): string[] =>
    mergedEvents(items, redact).map(
      ({ reason, count, message, container }) => `${reason} x${count} ${container}: ${message}`,
    );

  test('that say the same are one, and the newest is last', () => {
    assert.deepEqual(
      read(
        kubeletEvent('BackOff', 'back-off 10s', '2026-01-01T00:05:00Z', { container: 'app', count: 4 }),
        kubeletEvent('FailedMount', 'no secret', '2026-01-01T00:02:00Z'),
        kubeletEvent('BackOff', 'back-off 10s', '2026-01-01T00:01:00Z', { container: 'app', count: 2 }),
        kubeletEvent('BackOff', 'back-off 10s', '2026-01-01T00:03:00Z', { container: 'proxy' }),
      ),
      ['FailedMount x1 : no secret', 'BackOff x1 proxy: back-off 10s', 'BackOff x6 app: back-off 10s'],
    );
  });

  test('of the scheduler have their times elsewhere', () => {
    const series = { count: 7, lastObservedTime: '2026-01-01T00:09:00.000000Z' };
    const event = { reason: 'FailedScheduling', lastTimestamp: null, eventTime: '2026-01-01T00:00:01.5Z', series };
    const [merged] = mergedEvents([event], redact);
    assert.equal(merged?.lastAtMs, Date.parse('2026-01-01T00:09:00Z'));
    assert.equal(merged.count, 7);
  });

  test('may be anything', () => {
    for (const item of [null, 1, 'x', [], {}, { count: -5, message: {}, involvedObject: 3, lastTimestamp: 'soon' }]) {
      assert.deepEqual(
        mergedEvents([item], redact).map(({ count, lastAtMs }) => [count, lastAtMs]),
        [[1, 0]],
      );
    }
    const [long] = mergedEvents([{ message: 'm'.repeat(10_000), reason: 'r'.repeat(10_000) }], redact);
    assert.ok(long !== undefined && long.message.length <= 480 && long.reason.length <= 512);
  });

  for (const [secret, text] of Object.entries(canaries)) {
    test(`are told without ${secret.slice(0, 12)}…`, () => {
      const [event] = mergedEvents([{ message: text }], redactor(['acme-*']));
      assert.doesNotMatch(event?.message ?? '', new RegExp(secret));
    });
  }
});

test('limits that are anything are few and short', () => {
  const limits = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`r${at}`, 'q'.repeat(9_000)]));
  const pod = { metadata: { uid: 'uid-1' }, spec: { initContainers: [{ name: 'app', resources: { limits } }] } };
  const told = Object.values(resourcesOf(pod, aSubject())?.limits ?? {});
  assert.ok(told.length <= 8 && told.every((quantity) => quantity.length <= 512));
  for (const odd of [null, [], { metadata: { uid: 'uid-1' }, spec: 1 }])
    assert.equal(resourcesOf(odd, aSubject()), undefined);
});
