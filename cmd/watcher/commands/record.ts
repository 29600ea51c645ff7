/**
 * `watcher record`: what happens to the pods of a cluster, as a recording that `watcher replay` tells again. Holds no
 * environment, arguments, volumes or annotations. Runs until it is told to stop, or for --for.
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { parseDuration } from '../../../internal/config/duration.ts';
import { loadConfig } from '../../../internal/config/load.ts';
import { connect } from '../../../internal/kubernetes/connection.ts';
import { podRecorder, type PodRecorderOptions } from '../../../internal/kubernetes/pod-recorder.ts';
import { recordedLine } from '../../../internal/kubernetes/recording.ts';
import { silentReflectorObserver } from '../../../internal/kubernetes/reflector-types.ts';
import { systemClock, withDeadline } from '../../../internal/platform/clock.ts';
import { CodedError, describeError, type ErrorCode } from '../../../internal/platform/errors.ts';
import { silentLogger } from '../../../internal/platform/log.ts';
import { systemRandom } from '../../../internal/platform/random.ts';
import { readFlag } from '../command-flags.ts';
import { exitCodes, type Command, type CommandHelp, type DescribedFlag } from '../command.ts';
import { chosenPods, podFlags } from '../pod-flags.ts';
import { version } from '../version.ts';

const flags: readonly DescribedFlag[] = [
  ...podFlags,
  { name: 'for', placeholder: 'DURATION', doc: 'how long (until it is told to stop)' },
  { name: 'file', short: 'f', placeholder: 'FILE', doc: 'where it is written (standard output)' },
];

export const recordHelp: CommandHelp = {
  flags,
  examples: ['watcher record -A --for=10m --file=trouble.ndjson', 'watcher record -n shop | gzip > shop.ndjson.gz'],
};

const FOR_EVER = '87600h';

/** Waiting does not mend these. */
const LASTING: ReadonlySet<ErrorCode> = new Set(['API_FORBIDDEN', 'API_UNAUTHORIZED', 'API_TLS', 'API_REFUSED']);

/** 0 after the time asked for or a signal. Rejects where the pods were never seen, or the file could not be written. */
export const record: Command = async ({ args, environment: env, terminal, shutdown }) => {
  const { config, commandFlags } = loadConfig({ argv: args, environment: env, require: [], commandFlags: flags });
  const parts = { clock: systemClock(), random: systemRandom(), logger: silentLogger() };
  const deadline = withDeadline(parts.clock, readFlag(commandFlags, 'for', FOR_EVER, parseDuration), shutdown);
  const { kubeconfig, context, kubeQps: qps, kubeBurst: burst } = config;
  const connection = connect({ kubeconfig, context, env, qps, burst, userAgent: `watcher/${version}` }, parts);
  const out = openOut(commandFlags.get('file'));
  try {
    terminal.err('recording; Ctrl-C ends it\n');
    const chosen = chosenPods(commandFlags, connection.namespace);
    const events = await recordInto(out, deadline.signal, { ...parts, transport: connection.transport, ...chosen });
    terminal.err(`${events} events recorded\n`);
    return exitCodes.ok;
  } finally {
    deadline.done();
    await connection.close();
  }
};

/** Records until `signal` aborts. Resolves with the number of events once they are written. */
async function recordInto(
  out: Writable,
  signal: AbortSignal,
  parts: Omit<PodRecorderOptions, 'observer' | 'onEvent'>,
): Promise<number> {
  let [events, isSynced, failure] = [0, false, undefined as CodedError | undefined];
  const over = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => over.resolve(undefined), { once: true });
  out.on('error', (cause) => {
    over.reject(new CodedError('RECORDING_FAILED', describeError(cause).message, { cause }));
  });
  const recorder = podRecorder({
    ...parts,
    observer: {
      ...silentReflectorObserver,
      failed: (code) => {
        failure = new CodedError(code, 'list and watch pods');
        if (!isSynced && LASTING.has(code)) over.resolve(undefined);
      },
    },
    onEvent: (event) => {
      isSynced ||= event.kind === 'synced';
      events++;
      out.write(recordedLine(event));
    },
  });
  recorder.start();
  await over.promise.finally(() => recorder.stop());
  await closeOut(out);
  if (!isSynced && failure !== undefined) throw failure;
  return events;
}

/** Readable by its owner only: names and messages are nobody else's. */
function openOut(file: string | undefined): Writable {
  return file === undefined ? process.stdout : createWriteStream(file, { mode: 0o600 });
}

async function closeOut(out: Writable): Promise<void> {
  if (out === process.stdout) return;
  out.end();
  await once(out, 'close');
}
