import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { CodedError } from '../../../internal/platform/errors.ts';
import type { Exchange } from '../../../internal/restate/exchange.ts';
import { startRemoteSettings, type SettingsStore } from '../../../internal/restate/remote-settings.ts';
import { collectingLogger } from '../../support/collecting-logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { rememberingObserver } from '../../support/plane-rig.ts';
import { answered, unreachable } from '../../support/stub-plane.ts';

const EVERY_MS = 300_000;

/** Takes objects with a positive batch_size, and reads nothing else of them. */
function parse(json: unknown): { batchSize: number } {
  const size = typeof json === 'object' && json !== null ? (json as Record<string, unknown>)['batch_size'] : undefined;
  if (typeof size !== 'number' || size < 1) throw new CodedError('REMOTE_SETTINGS_INVALID', 'no batch_size');
  return { batchSize: size };
}

class MemoryStore implements SettingsStore {
  text: string | undefined;
  saves = 0;

  load(): Promise<string | undefined> {
    return Promise.resolve(this.text);
  }

  save(text: string): Promise<void> {
    this.text = text;
    this.saves += 1;
    return Promise.resolve();
  }
}

function rig(t: TestContext, answers: readonly Exchange[], store: SettingsStore = new MemoryStore()) {
  const clock = new ManualClock();
  const observer = rememberingObserver();
  const { logger, lines } = collectingLogger();
  const applied: number[] = [];
  let fetches = 0;
  const remote = startRemoteSettings({
    fetch: () => Promise.resolve(answers[Math.min(++fetches, answers.length) - 1] ?? unreachable),
    parse,
    apply: ({ batchSize }) => applied.push(batchSize),
    inForce: () => ({ batchSize: applied.at(-1) ?? 100, batchFlushMs: 1000 }),
    store,
    everyMs: EVERY_MS,
    clock,
    random: { next: () => 0.5, hex: () => '' },
    logger,
    observer,
  });
  t.after(() => remote.stop());
  return { clock, observer, lines, applied, remote, fetches: () => fetches };
}

const batches = (batch_size: number): Exchange => answered(200, { batch_size });

describe('remote settings', () => {
  test('are fetched when told to, and every five minutes from then on', async (t) => {
    const { clock, remote, applied, fetches } = rig(t, [batches(10), batches(20)]);
    await clock.advance(1_000);
    assert.equal(fetches(), 0);
    remote.fetchNow();
    await clock.advance(0);
    assert.deepEqual(applied, [10]);
    await clock.advance(EVERY_MS);
    assert.deepEqual([applied, fetches()], [[10, 20], 2]);
  });

  test('that change nothing here are no line an operator must read', async (t) => {
    const { clock, applied, lines } = rig(t, [batches(100)]);
    await clock.advance(EVERY_MS * 2);
    assert.deepEqual([applied, lines.filter(({ level }) => level !== 'debug')], [[100], []]);
  });

  test('come into force, and into the log, once for each change', async (t) => {
    const { clock, applied, lines, observer } = rig(t, [
      batches(10),
      batches(10),
      batches(10),
      batches(20),
      batches(20),
    ]);
    await clock.advance(EVERY_MS * 8);
    assert.deepEqual(applied, [10, 20]);
    assert.deepEqual(
      lines.filter(({ level }) => level === 'info').map(({ changed }) => changed),
      [{ batchSize: { from: 100, to: 10 } }, { batchSize: { from: 10, to: 20 } }],
    );
    assert.deepEqual(observer.settings.slice(0, 4), ['changed', 'unchanged', 'unchanged', 'changed']);
  });

  const useless: readonly (readonly [string, Exchange])[] = [
    ['cannot be reached', unreachable],
    ['fails', answered(500, 'stack', 'invocation')],
    ['is not registered', answered(404, {}, 'ingress')],
    ['answers garbage', answered(200, '{"batch_size":')],
    ['answers with nothing', answered(200, '')],
    ['answers with more than is read', { ...answered(200), isBodyCut: true } as Exchange],
    ['answers with what the check refuses', batches(-1)],
    ['answers with a page', { ...answered(200, '<html>'), contentType: 'text/html' } as Exchange],
    ['redirects', answered(302)],
  ];
  for (const [what, answer] of useless) {
    test(`stay as they were while the plane ${what}, with one warning`, async (t) => {
      const { clock, applied, lines } = rig(t, [batches(10), answer, answer, answer, batches(10)]);
      await clock.advance(EVERY_MS * 4);
      assert.deepEqual(applied, [10]);
      assert.equal(lines.filter(({ level }) => level === 'warn').length, 1);
      await clock.advance(EVERY_MS);
      assert.equal(lines.at(-1)?.msg, 'remote settings can be read again');
    });
  }

  test('of the last run are in force before anything is fetched', async (t) => {
    const store = new MemoryStore();
    store.text = '{"batch_size":7}';
    const { remote, applied, clock } = rig(t, [unreachable], store);
    await remote.restored;
    assert.deepEqual(applied, [7]);
    await clock.advance(EVERY_MS * 3);
    assert.deepEqual(applied, [7]);
  });

  test('are kept for the next run as they came, and only when they changed', async (t) => {
    const store = new MemoryStore();
    const { clock } = rig(t, [answered(200, { batch_size: 5, later: 'key' }), batches(5), batches(6)], store);
    await clock.advance(EVERY_MS * 2);
    assert.deepEqual([store.saves, store.text], [1, '{"batch_size":5,"later":"key"}']);
    await clock.advance(EVERY_MS);
    assert.equal(store.saves, 2);
  });

  for (const kept of ['no json', '{"batch_size":0}', '[]']) {
    test(`of the last run that cannot be used (${kept}) are passed over with a warning`, async (t) => {
      const store = new MemoryStore();
      store.text = kept;
      const { remote, applied, lines, clock } = rig(t, [batches(3)], store);
      await remote.restored;
      assert.deepEqual([applied, lines.map(({ level }) => level)], [[], ['warn']]);
      await clock.advance(EVERY_MS);
      assert.deepEqual(applied, [3]);
    });
  }

  test('are in force also where they cannot be kept', async (t) => {
    const broken = { load: () => Promise.reject(new Error('disk')), save: () => Promise.reject(new Error('disk')) };
    const { clock, applied, lines } = rig(t, [batches(3)], broken);
    await clock.advance(EVERY_MS);
    assert.deepEqual([applied, lines.filter(({ level }) => level === 'warn').length], [[3], 2]);
  });

  test('are not fetched more often than told, however often they change', async (t) => {
    const { clock, fetches } = rig(
      t,
      Array.from({ length: 100 }, (_, index) => batches(index + 1)),
    );
    await clock.advance(EVERY_MS * 10);
    assert.equal(fetches(), 10);
  });

  test('end when stopped, and leave no timer', async (t) => {
    const { clock, remote, fetches } = rig(t, [batches(1)]);
    await clock.advance(EVERY_MS);
    await remote.stop();
    await clock.advance(EVERY_MS * 3);
    assert.deepEqual([fetches(), clock.pendingTimers], [1, 0]);
  });
});
