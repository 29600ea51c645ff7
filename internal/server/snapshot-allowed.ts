/** Whether a heap snapshot may be taken now. Pure: V8 needs about as much again as it describes. */

export interface MemoryNow {
  /** Bytes that this process may still take: of its cgroup where it has a limit, else of the machine. */
  readonly availableBytes: number;
  readonly heapUsedBytes: number;
}

export type SnapshotDecision =
  { readonly allowed: true } | { readonly allowed: false; readonly reason: 'switched-off' | 'not-enough-memory' };

/** Measured on Node 24: the snapshot of a heap takes up to twice its size while it is written. */
const TIMES_OF_HEAP = 2;
const SPARE_BYTES = 64 * 1024 * 1024;

export function maySnapshot(isSwitchedOn: boolean, { availableBytes, heapUsedBytes }: MemoryNow): SnapshotDecision {
  if (!isSwitchedOn) return { allowed: false, reason: 'switched-off' };
  if (availableBytes < heapUsedBytes * TIMES_OF_HEAP + SPARE_BYTES)
    return { allowed: false, reason: 'not-enough-memory' };
  return { allowed: true };
}
