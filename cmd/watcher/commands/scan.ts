/**
 * `watcher scan`: one look at a cluster through the same detection as the agent's, for every family of reasons unless
 * --enabled-reasons names some. Needs the right to list pods and nothing installed; changes nothing. Exit codes: 0 nothing fails, 1 something does, 2 could not look.
 */
import { parseDuration } from '../../../internal/config/duration.ts';
import { loadConfig, type Loaded } from '../../../internal/config/load.ts';
import { listPods } from '../../../internal/kubernetes/pod-list.ts';
import { systemClock } from '../../../internal/platform/clock.ts';
import { silentLogger } from '../../../internal/platform/log.ts';
import { redactor } from '../../../internal/platform/redact.ts';
import { asideOf, type Aside } from '../aside.ts';
import type { Command, CommandHelp, DescribedFlag, Invocation } from '../command.ts';
import { connectCluster } from '../connect-cluster.ts';
import { errorJson, errorText } from '../error-text.ts';
import { outputFlag, outputOf, readFlag } from '../command-flags.ts';
import { chosenPods, podFlags } from '../pod-flags.ts';
import { failureFields, scanJson, scanTable, type ScanResult } from '../scan-print.ts';
import { isJsonAsked } from '../program-flags.ts';
import { scanPod, sortRows, type ScanRow } from '../scan-rows.ts';

const FORMS = ['table', 'json', 'wide'] as const;

const flags: readonly DescribedFlag[] = [
  ...podFlags,
  { name: 'since', placeholder: 'DURATION', doc: 'how long ago what is over may have ended (10m)' },
  outputFlag(FORMS),
];

export const scanHelp: CommandHelp = {
  flags,
  examples: [
    'watcher scan -A',
    'watcher scan -n shop -l app=web -o wide',
    'watcher scan -A --enabled-reasons=CrashLoopBackOff,OOMKilled',
    'watcher scan -A -o json --since=24h',
  ],
  json: {
    kind: 'document',
    fields: ['scope', 'observed_at', 'pods', ...failureFields.map((field) => `failures[].${field}`)],
  },
  exitCodes: { 0: 'nothing fails', 1: 'something does', 2: 'could not look, or wrong usage' },
};

const exitCodes = { calm: 0, failing: 1, blind: 2 } as const;

/** Prints what fails on standard output, and progress on standard error where that is a terminal. */
export const scan: Command = async (invocation) => {
  try {
    const loaded = loadConfig({
      ...{ argv: invocation.args, environment: invocation.environment, require: [], commandFlags: flags },
    });
    const output = outputOf(loaded.commandFlags, FORMS);
    const aside = asideOf(invocation.terminal, output);
    aside.warn(loaded.warnings);
    const result = await look(loaded, invocation, aside).finally(() => aside.done());
    invocation.terminal.out(
      output === 'json' ? scanJson(result) : scanTable(result, output === 'wide', invocation.terminal.isColoured),
    );
    return result.rows.length === 0 ? exitCodes.calm : exitCodes.failing;
  } catch (error) {
    if (invocation.shutdown.aborted) throw error;
    invocation.terminal.err(isJsonAsked(invocation.args) ? errorJson(error) : errorText(error));
    return exitCodes.blind;
  }
};

async function look(loaded: Loaded, { environment, shutdown: signal }: Invocation, aside: Aside): Promise<ScanResult> {
  const { config, commandFlags, origins } = loaded;
  // Who looks once wants to see all that is wrong, also what an agent is only told to tell.
  const enabledReasons = origins.enabledReasons === 'default' ? ['*'] : config.enabledReasons;
  const clock = systemClock();
  const connection = connectCluster(config, { environment, clock, logger: silentLogger() });
  try {
    const { namespace, selectors } = chosenPods(commandFlags, connection.namespace);
    const nowMs = clock.now();
    const sinceMs = nowMs - readFlag(commandFlags, 'since', '10m', parseDuration);
    const settings = { ...config, enabledReasons, eventTypes: [] };
    const redact = redactor(config.redact);
    const told = { clusterId: config.clusterId ?? 'scan', nowMs, sinceMs, settings, redact };
    const rows: ScanRow[] = [];
    aside.step('asking the API server ...');
    const pods = await listPods(
      {
        ...{ transport: connection.transport, namespace, selectors, signal, headersTimeoutMs: config.kubeTimeoutMs },
        onProgress: (seen) => aside.step(`${seen} pods ...`),
      },
      (pod) => rows.push(...scanPod(pod, told)),
    );
    return { where: namespace === '' ? 'all namespaces' : `namespace ${namespace}`, pods, nowMs, rows: sortRows(rows) };
  } finally {
    await connection.close();
  }
}
