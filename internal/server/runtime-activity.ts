/** What a goroutine dump is to Go: what Node waits for (sockets, timers, files), and how busy and late its event loop is. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { sleep, type Clock } from '../platform/clock.ts';

const LOOK_MS = 1000;
const NANOS_IN_MS = 1e6;

export interface Activity {
  /** How many of each kind keep the process alive, such as TCPSocketWrap or Timeout. */
  readonly active: Readonly<Record<string, number>>;
  readonly event_loop: {
    /** Share of the time that was spent on work, 0 to 1. */
    readonly utilization: number;
    readonly delay_ms: { readonly p50: number; readonly p99: number; readonly max: number };
    readonly looked_for_ms: number;
  };
}

/** Looks for one second. */
export async function activity(clock: Clock): Promise<Activity> {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const before = performance.eventLoopUtilization();
  await sleep(clock, LOOK_MS);
  delay.disable();
  const inMs = (nanos: number): number => Math.round(nanos / NANOS_IN_MS);
  return {
    active: counted(process.getActiveResourcesInfo()),
    event_loop: {
      utilization: Math.round(performance.eventLoopUtilization(before).utilization * 1000) / 1000,
      delay_ms: { p50: inMs(delay.percentile(50)), p99: inMs(delay.percentile(99)), max: inMs(delay.max) },
      looked_for_ms: LOOK_MS,
    },
  };
}

function counted(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a));
}
