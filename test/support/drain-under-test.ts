/**
 * A drain between an outbox in memory and a scripted plane, with a clock that stands still. Stopped with the test.
 */
import { Drain, type DrainDeps } from '../../internal/pipeline/drain.ts';
import { quietDrainObserver, type DrainObserver } from '../../internal/pipeline/drain-observer.ts';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import { openMemoryOutbox } from '../../internal/pipeline/outbox-memory.ts';
import type { PipelineSettings } from '../../internal/pipeline/settings.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { ManualClock } from './manual-clock.ts';
import { outboxEvent } from './outbox-event.ts';
import { ScriptedPlane } from './scripted-plane.ts';

/** No jitter: the middle of its range. */
export const steadyRandom = { next: () => 0.5, hex: (bytes: number) => '0'.repeat(2 * bytes) };

export function pipelineSettings(change: Partial<PipelineSettings> = {}): PipelineSettings {
  return {
    ...{ dedupCooldownMs: 180_000, batchSize: 100, batchFlushMs: 1000 },
    ...{ enabledReasons: ['*'], eventTypes: [], ...change },
  };
}

/** What the observer heard, as short lines such as `delivered e1` or `quarantined e2 invalid`. */
export function hearingObserver(heard: string[]): DrainObserver {
  return {
    ...quietDrainObserver(),
    frozen: (batch, reason) => heard.push(`frozen ${batch.events} ${reason}`),
    retried: (batch, reason) => heard.push(`retried ${batch.events} ${reason}`),
    split: (batch, reason) => heard.push(`split ${batch.events} ${reason}`),
    trimmed: (batch, from, to) => heard.push(`trimmed ${batch.eventIds.join()} ${from > to}`),
    settled: (event, as, reason) => heard.push(`${as} ${event.eventId} ${reason}`),
    lost: (events) => heard.push(`lost ${events.map((event) => event.eventId).join()}`),
    outboxFailed: () => heard.push('outbox failed'),
    state: (state) => heard.push(state.kind === 'pausing' ? `pausing ${state.reason}` : state.kind),
  };
}

export interface DrainUnderTest {
  readonly clock: ManualClock;
  readonly outbox: Outbox;
  readonly plane: ScriptedPlane;
  readonly drain: Drain;
  readonly heard: string[];
  /** Appends new events and lets everything that is not waiting for time happen. */
  readonly append: (...ids: readonly (string | readonly [id: string, pod: string])[]) => Promise<void>;
  readonly told: () => readonly string[];
}

export async function drainUnderTest(
  t: { readonly after: (end: () => Promise<void>) => void },
  change: Partial<DrainDeps> & {
    readonly clock?: ManualClock;
    readonly settingsChange?: Partial<PipelineSettings>;
  } = {},
): Promise<DrainUnderTest> {
  const { settingsChange, clock = new ManualClock(), ...given } = change;
  const memory = await openMemoryOutbox({ clock, quotaBytes: 1e9, onNotice: () => undefined });
  const plane = new ScriptedPlane();
  const heard: string[] = [];
  const deps: DrainDeps = {
    ...{ outbox: memory, send: plane.send, trim: () => undefined, clock, random: steadyRandom },
    ...{ settings: { current: () => pipelineSettings(settingsChange) } },
    ...{ logger: silentLogger(), observer: hearingObserver(heard), ...given },
  };
  const drain = new Drain(deps);
  t.after(async () => {
    const stopping = drain.stop(0);
    await clock.advance(1000);
    await stopping;
    await memory.close();
  });
  const append: DrainUnderTest['append'] = async (...ids) => {
    const events = ids.map((id) => (typeof id === 'string' ? outboxEvent(id) : outboxEvent(...id)));
    await deps.outbox.append(events, []);
    await clock.advance(0);
  };
  return { clock, outbox: deps.outbox, plane, drain, heard, append, told: () => plane.told };
}
