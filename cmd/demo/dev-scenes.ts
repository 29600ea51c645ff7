/**
 * Things that happen on the simulated cluster while somebody works on the agent: the scenarios of test/support, one after
 * the other, for ever. Each round has a namespace of its own, since the same pod failing again in the same way is told once.
 */
import { sleep, type Clock } from '../../internal/platform/clock.ts';
import { PodScript } from '../../test/support/simulated-apiserver/pod-script.ts';
import { scenarios } from '../../test/support/simulated-apiserver/scenarios.ts';
import type { SimulatedApiServer } from '../../test/support/simulated-apiserver/server.ts';

export interface Scenes {
  readonly server: SimulatedApiServer;
  readonly clock: Clock;
  /** From the beginning of one to the beginning of the next. */
  readonly everyMs: number;
  readonly say: (what: string) => void;
  readonly signal: AbortSignal;
}

/** Resolves when `signal` is aborted. */
export async function playForEver(scenes: Scenes): Promise<void> {
  for (let round = 1; !scenes.signal.aborted; round++) await playRound(scenes, `shop-${round}`);
}

/** The pods of a round stay for its length and then go with their namespace. */
async function playRound({ server, clock, everyMs, say, signal }: Scenes, namespace: string): Promise<void> {
  const script = new PodScript(server, { namespace });
  const playing: Promise<void>[] = [];
  for (const scenario of scenarios) {
    if (signal.aborted) break;
    say(`${namespace}: ${scenario.title}`);
    playing.push(script.play(scenario));
    await sleep(clock, everyMs, signal);
  }
  script.stop();
  await Promise.all(playing);
  server.deleteNamespace(namespace);
}
