/**
 * The one table of error codes (see errors.ts). Sorted by the part that raises them. A code, once released, keeps its
 * meaning: operators write alerts and run-books against it.
 */
import type { ErrorEntry } from './errors.ts';

export const errorTable = {
  CONFIG_INVALID: {
    meaning: 'one or more settings are unknown, missing or out of range',
    remedy:
      'correct the settings named in the message; `watcher --help` lists them, `watcher config print` shows where each comes from',
  },
  LISTEN_FAILED: {
    meaning: 'a listener could not be opened',
    remedy: 'choose another address with --http-listen or --debug-listen (port 0 takes a free one), or end the process that holds the port',
  },
  INTERNAL: {
    meaning: 'the agent met a state its authors did not expect',
    remedy: 'please report it with the log lines around it; the agent goes on where it can',
  },
} as const satisfies Record<string, ErrorEntry>;
