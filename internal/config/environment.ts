/**
 * The one place that reads the process's environment. Everything else is handed what it needs of it, so that a test can
 * run two agents with two environments in one process.
 */

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A frozen copy of the environment as it is now; later changes of the process's own don't show in it. */
export function processEnvironment(): Environment {
  // eslint-disable-next-line no-restricted-properties -- this is its home
  return Object.freeze({ ...process.env });
}
