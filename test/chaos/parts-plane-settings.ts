/**
 * remote settings that are garbage, out of range, or flap, while failures are delivered. R-33: a plane that enrols
 * nobody for ten minutes and more.
 */
import assert from 'node:assert/strict';
import { LiveSettings } from '../../cmd/watcher/live-settings.ts';
import { createLogger, silentLogger } from '../../internal/platform/log.ts';
import { systemRandom } from '../../internal/platform/random.ts';
import { startEnrolment } from '../../internal/restate/enroll.ts';
import { startRemoteSettings } from '../../internal/restate/remote-settings.ts';
import { settingsFromPlane } from '../../internal/restate/settings-source.ts';
import { clientFor } from '../support/plane-rig.ts';
import { startScriptedIngress, type Fault } from '../support/scripted-ingress.ts';
import { load } from '../unit/config/loading.ts';
import type { FastClock } from './parts-clock.ts';
import { startDelivery } from './parts-delivery.ts';
import { tally } from './parts-tally.ts';
import type { Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';

const JSON_FROM_PLANE = { 'content-type': 'application/json', 'x-restate-id': 'inv_1' };
const says = (body: unknown): Fault => ({
  ...{ kind: 'answer', status: 200, headers: JSON_FROM_PLANE },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const goodSettings = { batch_size: 50, batch_flush_ms: 500, dedup_cooldown_seconds: 60, enabled_reasons: ['*'] };

/** None of these may change anything: the last good settings say 50 events a batch. */
const nonsense: readonly Fault[] = [
  { kind: 'answer', status: 500 },
  { kind: 'reset' },
  says('<html>no</html>'),
  says('{"batch_size":'),
  says([1, 2, 3]),
  says('null'),
  says({ batch_size: -1, batch_flush_ms: -5, dedup_cooldown_seconds: -3600, enabled_reasons: [1] }),
  says({ batch_size: 1e9, batch_flush_ms: 1e9, dedup_cooldown_seconds: 1e9, enabled_reasons: {} }),
  says({ batch_size: 'many', batch_flush_ms: '', dedup_cooldown_seconds: 0.5, enabled_reasons: 'all' }),
  says({ batch_size: -50, enabled_reasons: ['NoSuchReason'], batch_flush_ms: 1e12, dedup_cooldown_seconds: 'x' }),
  says({ ...goodSettings, restate_url: 'http://evil.example', cluster_id: 'other', no_such_key: 1 }),
];

async function nonsensicalSettings({ form }: ScenarioRun): Promise<ScenarioRow> {
  const everyMs = 1_000;
  const rounds = form === 'long' ? 20 : 2;
  const flaps = form === 'long' ? 600 : 60;
  await using rig = await startDelivery({ speed: 20, timeoutMs: 30_000 });
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', destination: { write: (line: string) => void lines.push(line) } });
  const { config } = load({});
  const settings = new LiveSettings(config, logger);
  const fetched: string[] = [];
  await using fetches = await scriptedFetches(rig.clock);
  const remote = startRemoteSettings({
    ...{ clock: rig.clock, random: systemRandom(), logger, everyMs },
    observer: { ...rig.observer, settingsFetched: (result) => void fetched.push(result) },
    fetch: fetches.fetch,
    parse: (json) => settings.parse(json),
    apply: (change) => settings.apply(change),
    inForce: () => settings.current(),
    store: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
  });
  await using _stopped = { [Symbol.asyncDispose]: () => remote.stop() };
  const until = async (count: number): Promise<void> => {
    while (fetched.length < count) await rig.clock.sleep(everyMs / 4);
  };
  fetches.next(says(goodSettings));
  await until(1);
  const { batchSize, enabledReasons } = settings.current();
  assert.deepEqual([batchSize, enabledReasons], [50, ['*']]);
  const good = settings.current();
  for (let round = 0; round < rounds; round++) {
    await rig.append(10);
    // One by one: the next may be right again.
    for (const [index, fault] of nonsense.entries()) {
      fetches.next(fault);
      await until(1 + round * nonsense.length + index + 1);
      assert.deepEqual(meant(settings), meant({ current: () => good }), `nonsense came into force: ${index}`);
    }
  }
  const before = changes(lines);
  fetches.next(...Array.from({ length: flaps }, (_, index) => says({ batch_size: index % 2 === 0 ? 10 : 20 })));
  await rig.append(10);
  await until(1 + rounds * nonsense.length + flaps);
  assert.equal(changes(lines) - before, flaps, 'one line for each change');
  await rig.drained();
  const faultsInjected = rounds * nonsense.length + flaps;
  const note = 'last good settings kept, one log line for each change';
  return { faultsInjected, ...tally(rig.appended, rig.executed()), recoveriesMs: [], note };
}

const meant = (source: {
  current(): { batchSize: number; batchFlushMs: number; dedupCooldownMs: number };
}): number[] => {
  const { batchSize, batchFlushMs, dedupCooldownMs } = source.current();
  return [batchSize, batchFlushMs, dedupCooldownMs];
};

const changes = (lines: readonly string[]): number =>
  lines.filter((line) => line.includes('remote settings changed')).length;

/** A plane that is read for settings alone: while nothing is scripted for it, a fetch waits. */
async function scriptedFetches(clock: FastClock) {
  const script: Fault[] = [];
  const ingress = await startScriptedIngress();
  const { client } = clientFor(ingress.url, { clock, timeoutMs: 60_000 });
  const fromPlane = settingsFromPlane(client, 'c');
  return {
    next: (...faults: readonly Fault[]) => void script.push(...faults),
    fetch: async (signal: AbortSignal) => {
      while (script.length === 0 && !signal.aborted) await clock.sleep(50);
      const fault = script.shift();
      if (fault !== undefined) ingress.next(fault);
      return fromPlane(signal);
    },
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await ingress.stop();
    },
  };
}

async function enrolsNobody({ form }: ScenarioRun): Promise<ScenarioRow> {
  const lastsMs = form === 'long' ? 60 * 60_000 : 10 * 60_000;
  await using rig = await startDelivery({ speed: 120, timeoutMs: 600_000 });
  rig.ingress.always({ kind: 'answer', status: 500 });
  const enrolled = Promise.withResolvers<number>();
  const enrolment = startEnrolment({
    ...{ client: rig.client, clusterId: 'c', agentVersion: 'test', clusterUid: undefined, clock: rig.clock },
    ...{ random: systemRandom(), logger: silentLogger(), onEnrolled: () => enrolled.resolve(rig.clock.monotonicMs()) },
  });
  await rig.append(500);
  await rig.clock.sleep(lastsMs);
  const state = enrolment.state();
  assert.ok(state.kind === 'not-enrolled' && state.lastError?.code === 'PLANE_INGRESS_FAILED', JSON.stringify(state));
  assert.ok(state.attempts >= lastsMs / 75_000 && state.attempts <= 8 + lastsMs / 40_000, `${state.attempts} attempts`);
  assert.equal(rig.outbox.stats().events, 500);
  rig.ingress.always(undefined);
  const endedMs = rig.clock.monotonicMs();
  const recoveryMs = (await enrolled.promise) - endedMs;
  assert.ok(recoveryMs < 120_000, `enrolled ${recoveryMs} ms after the plane was back`);
  await rig.drained();
  await enrolment.stop();
  const note = `${lastsMs / 60_000} min; tried ${state.attempts} times`;
  return { faultsInjected: 1, ...tally(rig.appended, rig.executed()), recoveriesMs: [recoveryMs], note };
}

export const settingsAndEnrolment: readonly Scenario[] = [
  { id: 'R-32', fault: 'remote settings garbage, out of range, flapping', run: nonsensicalSettings },
  { id: 'R-33', fault: 'plane enrols nobody', run: enrolsNobody },
];
