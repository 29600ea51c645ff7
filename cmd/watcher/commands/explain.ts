/**
 * `watcher explain NAMESPACE/POD`: what a running agent saw of a pod, what it decided and why, and what became of it.
 * Asks through the control socket of its data directory.
 */
import { loadConfig } from '../../../internal/config/load.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { renderTable } from '../../../internal/platform/table.ts';
import { connectControl } from '../../../internal/server/control-client.ts';
import { outputFlag, outputOf, wrongUsage } from '../command-flags.ts';
import type { Command, CommandHelp } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { dataDirOf } from '../outbox-access.ts';

const FORMS = ['table', 'json'] as const;
const flags = [outputFlag(FORMS)];

export const explainHelp: CommandHelp = {
  takes: 'NAMESPACE/POD',
  flags,
  examples: [
    'watcher explain shop/web-7d9f-x2x --data-dir /var/lib/watcher',
    'kubectl exec -n watcher deploy/watcher -- watcher explain shop/web-7d9f-x2x',
  ],
  json: {
    kind: 'document',
    // What a step holds beside its time depends on the step.
    fields: [...['namespace', 'name', 'uid', 'earlier_steps_forgotten', 'steps[].*'].map((field) => `pods[].${field}`)],
  },
  exitCodes: { 0: 'the agent knows the pod', 1: 'it does not, or could not be asked' },
};

interface Step {
  readonly at: string;
  readonly step: string;
  readonly times: number;
  readonly until: string;
  readonly [field: string]: string | number;
}

interface Explained {
  readonly pods: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly earlier_steps_forgotten: boolean;
    readonly steps: readonly Step[];
  }[];
}

/** Rejects with CONTROL_UNREACHABLE where no agent answers. */
export const explain: Command = async ({ args, environment, terminal }) => {
  const { config, commandFlags, positionals } = loadConfig({
    ...{ argv: args, environment, require: [], commandFlags: flags, mostPositionals: 1 },
  });
  const output = outputOf(commandFlags, FORMS);
  const [namespace, name] = podOf(positionals[0] ?? '');
  const dir = dataDirOf(config, environment);
  const agent = await connectControl(dir);
  if (agent === undefined) throw new CodedError('CONTROL_UNREACHABLE', `${dir}: no agent runs on it`);
  const told = (await agent.explain(namespace, name)) as Explained;
  if (output === 'json') terminal.out(`${JSON.stringify(told, null, 2)}\n`);
  else terminal.out(told.pods.length === 0 ? unknown(namespace, name) : told.pods.map(render).join('\n'));
  return told.pods.length === 0 ? exitCodes.failed : exitCodes.ok;
};

function podOf(text: string): [namespace: string, name: string] {
  const [, namespace, name] = /^([^/\s]+)\/([^/\s]+)$/.exec(text) ?? [];
  if (namespace !== undefined && name !== undefined) return [namespace, name];
  throw wrongUsage(JSON.stringify(text), 'is no pod', 'name one pod as NAMESPACE/POD, such as shop/web-0');
}

function unknown(namespace: string, name: string): string {
  return (
    `nothing was wrong with ${namespace}/${name} as far as this agent knows\n` +
    '  it may be out of the scope, too long ago, or another replica tells of it (each knows what it saw itself)\n'
  );
}

const COLUMNS = ['FIRST', 'LAST', 'TIMES', 'STEP', 'WHAT', 'EVENT'].map((heading) => ({ heading }));

function render({ namespace, name, uid, earlier_steps_forgotten: isCut, steps }: Explained['pods'][number]): string {
  const rows = steps.map(({ at, until, times, step, event_id: event = '', ...rest }) => {
    const what = Object.values(rest).filter((value) => value !== '');
    return [
      clockTime(at),
      times > 1 ? clockTime(until) : '',
      String(times),
      step,
      what.join(' '),
      String(event).slice(0, 12),
    ];
  });
  const note = isCut ? 'earlier steps were forgotten\n' : '';
  return `${namespace}/${name} (${uid})\n${note}${renderTable(COLUMNS, rows)}`;
}

/** `2026-01-01T12:34:56.789Z` as `12:34:56.789`. */
const clockTime = (text: string): string => text.slice(11, 23);
