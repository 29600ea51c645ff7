/**
 * What an agent's process costs while it lives: resident memory and open files as the kernel counts them, and what its own
 * metrics say of heap, handles and event loop. One series for each life of a process.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { ChaosAgent } from '../chaos/chaos-agent.ts';

export interface Vitals {
  /** Since the process started. */
  readonly ageMs: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly handles: number;
  readonly files: number;
  /** Delay of the event loop since the reading before, 99th percentile. */
  readonly loopP99Ms: number;
}

export interface ProcessLife {
  readonly agent: string;
  readonly pid: number;
  readonly vitals: Vitals[];
}

const HEAP = 'nodejs_heap_size_used_bytes';
/** Sockets, pipes, timers: what keeps the event loop alive. */
const HANDLES = 'nodejs_active_resources';
const LOOP = 'nodejs_eventloop_lag_p99_seconds';
/** Sums over all lives of all agents are told of these. */
export const COUNTED = [
  'watcher_relists_total',
  'watcher_watch_ends_total',
  'watcher_leader_terms_total',
  'watcher_events_quarantined_total',
] as const;

/** One reading. Undefined where the process is gone, or doesn't answer. */
export async function readVitals(agent: ChaosAgent): Promise<{ vitals: Vitals; metrics: string } | undefined> {
  try {
    const { pid } = agent.process;
    const ageMs = performance.now() - agent.startedAtMs;
    const metrics = await agent.get('/metrics');
    const [rssBytes, files] = [rssOf(pid), readdirSync(`/proc/${pid}/fd`).length];
    const value = (name: string): number => [...sumBy(metrics, name).values()].reduce((sum, one) => sum + one, 0);
    const vitals = { ageMs, rssBytes, heapBytes: value(HEAP), handles: value(HANDLES), files };
    return { vitals: { ...vitals, loopP99Ms: value(LOOP) * 1000 }, metrics };
  } catch {
    return undefined;
  }
}

function rssOf(pid: number): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** Values of a metric by the value of its only label; `''` where it has none. */
export function sumBy(metrics: string, name: string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const line of metrics.split('\n')) {
    if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue;
    const [, label = ''] = /="([^"]*)"\}/.exec(line) ?? [];
    sums.set(label, (sums.get(label) ?? 0) + Number(line.slice(line.lastIndexOf(' ') + 1)));
  }
  return sums;
}
