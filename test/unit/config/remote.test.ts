// The plane may change some settings within bounds, and nothing else, whatever it sends.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { AdjustableSettings } from '../../../internal/config/remote-keys.ts';
import { effectiveSettings, readRemoteSettings, type RemoteSettings } from '../../../internal/config/remote.ts';
import { CodedError } from '../../../internal/platform/errors.ts';

const vocabulary = { reasons: ['CrashLoopBackOff', 'Failed'], eventTypes: ['failure', 'ongoing', 'resolved'] };
const local: AdjustableSettings = {
  dedupCooldownMs: 180_000,
  batchSize: 100,
  batchFlushMs: 1000,
  enabledReasons: ['Failed'],
  eventTypes: [],
};

const read = (body: unknown): Omit<RemoteSettings, 'unusable'> => {
  const { settings, notes } = readRemoteSettings(body, vocabulary);
  return { settings, notes };
};
const notesOf = (body: unknown): string[] =>
  read(body).notes.map(({ reason, names, count }) => `${reason} ${count}: ${names.join()}`);

describe('remote settings', () => {
  test('change what they name, in our units', () => {
    const body = {
      dedup_cooldown_seconds: 60,
      batch_size: 1000,
      batch_flush_ms: 250,
      enabled_reasons: ['CrashLoopBackOff', '*', '*'],
      event_types: ['resolved'],
    };
    assert.deepEqual(read(body), {
      settings: {
        dedupCooldownMs: 60_000,
        batchSize: 1000,
        batchFlushMs: 250,
        enabledReasons: ['CrashLoopBackOff', '*'],
        eventTypes: ['resolved'],
      },
      notes: [],
    });
  });

  test('change how grave what is told must be, and how long each state may last', () => {
    const delays = {
      ...{ stuck_pending_after: 1, unschedulable_after: 2, scheduling_gated_after: 3, stuck_creating_after: 4 },
      ...{ stuck_init_after: 5, not_ready_after: 6, stuck_terminating_after: 7 },
      node_not_ready_after: 8,
      resolved_after: 9,
    };
    const body = Object.entries(delays).map(([key, minutes]) => [`${key}_seconds`, minutes * 60]);
    const { settings, notes } = read({ min_severity: 'critical', ...(Object.fromEntries(body) as object) });
    assert.deepEqual(notes, []);
    const { minimumSeverity, ...set } = settings;
    assert.equal(minimumSeverity, 'critical');
    assert.deepEqual(
      Object.values(set).map((ms) => Number(ms) / 60_000),
      Object.values(delays),
    );
  });

  for (const nothing of [0, null, undefined, -0]) {
    test(`keep a number by ${String(nothing)}`, () => {
      const body = { dedup_cooldown_seconds: nothing, batch_size: nothing, batch_flush_ms: nothing };
      assert.deepEqual(read(body), { settings: {}, notes: [] });
    });
  }

  test('keep a list by null and by []', () => {
    assert.deepEqual(read({ enabled_reasons: null, event_types: [] }), { settings: {}, notes: [] });
    assert.deepEqual(read({}), { settings: {}, notes: [] });
  });

  const noted: [body: object, note: string][] = [
    [{ batch_size: 1001 }, "out-of-range 1: 'batch_size'"],
    [{ batch_size: -1 }, "out-of-range 1: 'batch_size'"],
    [{ dedup_cooldown_seconds: 86_401 }, "out-of-range 1: 'dedup_cooldown_seconds'"],
    [{ dedup_cooldown_seconds: 1e300 }, "out-of-range 1: 'dedup_cooldown_seconds'"],
    [{ batch_flush_ms: 9 }, "out-of-range 1: 'batch_flush_ms'"],
    [{ batch_flush_ms: 60_001 }, "out-of-range 1: 'batch_flush_ms'"],
    [{ min_severity: 'grave' }, "out-of-range 1: 'min_severity'"],
    [{ min_severity: 2 }, "wrong-type 1: 'min_severity'"],
    [{ not_ready_after_seconds: 4 }, "out-of-range 1: 'not_ready_after_seconds'"],
    [{ stuck_init_after_seconds: '900' }, "wrong-type 1: 'stuck_init_after_seconds'"],
    [{ batch_size: '100' }, "wrong-type 1: 'batch_size'"],
    [{ batch_size: 1.5 }, "wrong-type 1: 'batch_size'"],
    [{ batch_size: true }, "wrong-type 1: 'batch_size'"],
    [{ enabled_reasons: 'Failed' }, "wrong-type 1: 'enabled_reasons'"],
    [{ enabled_reasons: [1] }, "wrong-type 1: 'enabled_reasons'"],
    [{ enabled_reasons: { 0: 'Failed' } }, "wrong-type 1: 'enabled_reasons'"],
    [{ enabled_reasons: new Array(1001).fill('Failed') }, "out-of-range 1: 'enabled_reasons'"],
    [{ enabled_reasons: ['Nothing'] }, "unknown-reason 1: 'Nothing'"],
    [{ event_types: ['*'] }, "unknown-event-type 1: '*'"],
    [{ restate_url: 'http://evil' }, "refused-key 1: 'restate_url'"],
    [{ RESTATE_URL: 'http://evil' }, "refused-key 1: 'RESTATE_URL'"],
    [{ cluster_id: 'other', token: 'x', namespaces: [] }, "refused-key 3: 'cluster_id','token','namespaces'"],
    [{ watch_namespace_mode: 'all', insecure_plane: true }, "refused-key 2: 'watch_namespace_mode','insecure_plane'"],
    [{ dedup_cooldown: 1 }, "refused-key 1: 'dedup_cooldown'"],
    [{ digest: true }, "ignored-unknown-key 1: 'digest'"],
    [JSON.parse('{"__proto__": {"batchSize": 1}}') as object, "ignored-unknown-key 1: '__proto__'"],
    [{ 'a\nb\u202e': 1 }, "ignored-unknown-key 1: 'a\\u{a}b\\u{202e}'"],
  ];
  for (const [body, note] of noted) {
    test(`${JSON.stringify(body).slice(0, 50)} changes nothing and is noted`, () => {
      assert.deepEqual(read(body).settings, {});
      assert.deepEqual(notesOf(body), [note]);
    });
  }

  test('skip an unknown reason and take the known ones beside it', () => {
    const { settings, notes } = read({ enabled_reasons: ['New', 'Failed'] });
    assert.deepEqual(settings, { enabledReasons: ['Failed'] });
    assert.deepEqual(notes, [{ reason: 'unknown-reason', names: ["'New'"], count: 1 }]);
  });

  test('are told apart: what is left to us, and what was said but can not be meant', () => {
    const { unusable } = readRemoteSettings(
      { batch_size: -1, batch_flush_ms: 0, enabled_reasons: ['New'] },
      vocabulary,
    );
    assert.deepEqual(unusable, ['batchSize', 'enabledReasons']);
  });

  test('one wrong value keeps none of the others back', () => {
    assert.deepEqual(read({ batch_size: 'x', batch_flush_ms: 50 }).settings, { batchFlushMs: 50 });
  });

  test('notes stay short however much is sent', () => {
    const body = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`key${index}`, index]));
    const [note] = read(body).notes;
    assert.deepEqual([note?.count, note?.names.length], [5000, 10]);
  });

  for (const body of [null, undefined, [], [{ batch_size: 1 }], '<html>login</html>', 5, true]) {
    test(`that are ${body === undefined ? 'undefined' : JSON.stringify(body)} are an error`, () => {
      assert.throws(
        () => read(body),
        (error: unknown) => error instanceof CodedError && error.code === 'REMOTE_SETTINGS_INVALID',
      );
    });
  }

  test('of any JSON give settings within bounds, or are an error', () => {
    const keys = fc.constantFrom('dedup_cooldown_seconds', 'batch_size', 'batch_flush_ms', 'enabled_reasons', 'x');
    const body = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(keys, fc.oneof(fc.jsonValue(), fc.integer({ min: -5, max: 100_000 }))),
    );
    fc.assert(
      fc.property(body, (value) => {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) {
          assert.throws(() => read(value), CodedError);
          return;
        }
        const { settings } = effectiveSettings(local, read(value).settings, []);
        assert.ok(settings.dedupCooldownMs >= 1000 && settings.dedupCooldownMs <= 86_400_000);
        assert.ok(settings.batchSize >= 1 && settings.batchSize <= 1000);
        assert.ok(settings.batchFlushMs >= 10 && settings.batchFlushMs <= 60_000);
        assert.ok(settings.enabledReasons.length > 0);
      }),
    );
  });
});

describe('what is in force', () => {
  const remote = { batchSize: 5, dedupCooldownMs: 1000, enabledReasons: ['*'] };

  test('is what remote settings name, and ours for the rest', () => {
    const { settings, notes } = effectiveSettings(local, remote, []);
    assert.deepEqual(settings, { ...local, ...remote });
    assert.deepEqual(notes, []);
    assert.ok(Object.isFrozen(settings));
  });

  test('keeps what is pinned, by any of its names, and says so', () => {
    const { settings, notes } = effectiveSettings(local, remote, [
      'batch-size',
      'dedup_cooldown_seconds',
      'batch_flush',
    ]);
    assert.deepEqual(settings, { ...local, enabledReasons: ['*'] });
    assert.deepEqual(notes, [{ reason: 'pinned', names: ['dedup_cooldown_seconds', 'batch_size'], count: 2 }]);
  });

  test('keeps what else the caller has in its settings', () => {
    assert.equal(effectiveSettings({ ...local, other: 7 }, remote, []).settings.other, 7);
  });
});

describe('patterns of what is ignored', () => {
  test('are taken as they are, each once', () => {
    const body = { ignore_namespaces: ['dev-*', 'dev-*'], ignore_messages: ['a, b'], ignore_labels: ['app=x'] };
    const expected = { ignoreNamespaces: ['dev-*'], ignoreLabels: ['app=x'], ignoreMessages: ['a, b'] };
    assert.deepEqual(read(body), { settings: expected, notes: [] });
  });

  for (const bad of [['*'], ['**'], ['*/*'], ['='], [''], [' '], ['x'.repeat(257)], new Array<string>(101).fill('x')]) {
    test(`are refused as a whole with ${JSON.stringify(bad).slice(0, 20)}`, () => {
      assert.deepEqual(notesOf({ ignore_namespaces: ['dev', ...bad] }), ["out-of-range 1: 'ignore_namespaces'"]);
    });
  }

  test('that are no texts are of the wrong type, and none keep what is in force', () => {
    assert.deepEqual(notesOf({ ignore_workloads: [1] }), ["wrong-type 1: 'ignore_workloads'"]);
    assert.deepEqual(read({ ignore_workloads: [] }), { settings: {}, notes: [] });
  });
});
