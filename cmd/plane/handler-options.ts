/**
 * How Restate is to keep and retry the calls of each kind of handler (research: its defaults keep every call, reads and
 * heartbeats too, for a day).
 *
 * - Deliveries keep their idempotency key for 24 hours, and no journal. A batch that is sent again within that time is
 *   answered as before; what comes later is recognised by its event ids, which are kept longer (project/).
 * - Reads and heartbeats keep nothing: asking again asks anew.
 * - What fails is tried for about a minute, long enough for this process to be restarted, and then killed, so that it
 *   never stands in the way of the calls behind it for longer. The agent hears of it and sends again later. What this
 *   process itself fails at ends much sooner, in a dead letter (dead-letters.ts).
 */
const retryPolicy = {
  initialInterval: 50,
  exponentiationFactor: 2,
  maxInterval: 5_000,
  maxAttempts: 18,
  onMaxAttempts: 'kill',
} as const;

/** For handlers that change what the plane knows. */
export const delivering = {
  journalRetention: 0,
  idempotencyRetention: { hours: 24 },
  retryPolicy,
  enableLazyState: true,
} as const;

/** For handlers that only look, and for what is told again anyway. */
export const passing = { journalRetention: 0, idempotencyRetention: 0, retryPolicy } as const;

/** The same on an object with a large state. */
export const reading = { ...passing, enableLazyState: true } as const;

/**
 * Laid over others, for calls that must not be lost because this process is away for some minutes: they are tried for
 * longer, and then paused, in sight of whoever looks at Restate, and not killed.
 */
export const patient = {
  retryPolicy: { ...retryPolicy, maxAttempts: 1000, maxInterval: 60_000, onMaxAttempts: 'pause' },
} as const;
