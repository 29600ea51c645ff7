/**
 * The Restate server of the demo: the real one that comes with the packages, on free ports and with a folder of its own;
 * or one that the user named, which is not touched but for the plane's registration.
 */
import { findRestateServer } from '../../test/support/restate-server-binary.ts';
import { startRestateServer } from '../../test/support/restate-server.ts';
import type { GivenRestate } from './options.ts';
import { DemoProblem, wholeStory } from './problem.ts';
import type { Done } from './progress.ts';

export interface DemoRestate extends GivenRestate {
  readonly stop: () => Promise<void>;
}

/** Throws RESTATE_MISSING, RESTATE_FAILED. */
export async function startRestate(given: GivenRestate | undefined): Promise<Done<DemoRestate>> {
  if (given !== undefined) {
    return { value: { ...given, stop: () => Promise.resolve() }, note: `${given.ingressUrl}, as named` };
  }
  const binary = findRestateServer();
  if (!binary.found) throw new DemoProblem('RESTATE_MISSING', binary.reason);
  try {
    const { ingressUrl, adminUrl, stop } = await startRestateServer();
    return { value: { ingressUrl, adminUrl, stop }, note: ingressUrl };
  } catch (cause) {
    throw new DemoProblem('RESTATE_FAILED', wholeStory(cause), { cause });
  }
}
