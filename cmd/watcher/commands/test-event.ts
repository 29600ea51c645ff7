/**
 * `watcher test-event`: sends one marked event through the whole path and says what became of it. Exit code 0 when the
 * plane has accepted it, 1 when it has not, 2 for wrong usage. Needs no cluster and leaves a running agent alone.
 */
import { agentRequires, loadConfig } from '../../../internal/config/load.ts';
import type { Send } from '../../../internal/pipeline/delivery.ts';
import { systemClock } from '../../../internal/platform/clock.ts';
import { systemRandom } from '../../../internal/platform/random.ts';
import { planeProblem } from '../../../internal/restate/plane-problem.ts';
import { silentObserver } from '../../../internal/restate/plane-observer.ts';
import { asideOf } from '../aside.ts';
import type { Command, CommandHelp, Terminal } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { outputFlag, outputOf } from '../command-flags.ts';
import { walkTestPath, type TestPathResult } from '../test-path.ts';
import { wirePlane } from '../wire-plane.ts';

const FORMS = ['text', 'json'] as const;
const flags = [outputFlag(FORMS)];

export const testEventHelp: CommandHelp = {
  flags,
  examples: [
    'watcher test-event --restate-url https://restate.example.com:8080 --cluster-id prod-eu-1',
    'watcher test-event --config watcher.yaml -o json',
  ],
  json: { kind: 'document', fields: ['event_id', 'outcome', 'reason', 'took_ms', 'code', 'detail', 'remedy'] },
  exitCodes: { 0: 'the plane has accepted it', 1: 'it has not' },
};

export const testEvent: Command = async ({ args, environment, terminal, shutdown }) => {
  const { config, commandFlags } = loadConfig({
    argv: args,
    environment,
    require: agentRequires,
    commandFlags: flags,
  });
  const output = outputOf(commandFlags, FORMS);
  const parts = { clock: systemClock(), random: systemRandom(), observer: silentObserver };
  const plane = wirePlane(config, { ...parts, environment });
  asideOf(terminal, output).note(`sending one test event to ${config.restateUrl} as cluster ${config.clusterId} ...`);
  try {
    const send: Send = (delivery, signal) => plane.send(delivery, AbortSignal.any([signal, shutdown]));
    const result = await walkTestPath({ clusterId: config.clusterId, send, ...parts });
    print(terminal, result, output);
    return result.outcome?.kind === 'accepted' ? exitCodes.ok : exitCodes.failed;
  } finally {
    await plane.close();
  }
};

function print(terminal: Terminal, result: TestPathResult, output: 'text' | 'json'): void {
  const { eventId, outcome } = result;
  const tookMs = Math.round(result.tookMs);
  const problem = outcome === undefined || outcome.kind === 'accepted' ? undefined : planeProblem(outcome);
  if (output === 'json') {
    const { code = null, detail = null, remedy = null } = problem ?? {};
    const told = { event_id: eventId, outcome: outcome?.kind ?? 'not-sent', reason: outcome?.reason ?? null };
    terminal.out(`${JSON.stringify({ ...told, took_ms: tookMs, code, detail, remedy })}\n`);
  } else if (problem === undefined && outcome !== undefined) {
    terminal.out(`accepted (${outcome.reason}) after ${tookMs} ms; event id ${eventId}\n`);
  } else {
    terminal.out(`not accepted after ${tookMs} ms; event id ${eventId}\n`);
    if (problem !== undefined) terminal.out(`  ${problem.code}: ${problem.detail}\n  what to do: ${problem.remedy}\n`);
  }
}
