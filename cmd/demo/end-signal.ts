/** How Ctrl-C and SIGTERM reach the demo. */

const NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

/** Aborts at the first signal. At the second the process ends at once, and its guards end what it started. */
export function endSignal(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, number] of Object.entries(NUMBERS)) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(128 + number);
      controller.abort(signal);
    });
  }
  return controller.signal;
}
