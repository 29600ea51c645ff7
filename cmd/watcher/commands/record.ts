/**
 * `watcher record`: what happens to the pods of a cluster, as a recording that `watcher replay` tells again. Holds no
 * environment, arguments, volumes or annotations. Runs until it is told to stop, or for --for.
 */
import { parseDuration } from '../../../internal/config/duration.ts';
import { loadConfig } from '../../../internal/config/load.ts';
import { Recorder, type RecorderOptions } from '../../../internal/kubernetes/recorder.ts';
import { recordedLine } from '../../../internal/kubernetes/recording.ts';
import { systemClock, withDeadline } from '../../../internal/platform/clock.ts';
import type { CodedError, ErrorCode } from '../../../internal/platform/errors.ts';
import { aborted } from '../../../internal/platform/lifecycle.ts';
import { silentLogger } from '../../../internal/platform/log.ts';
import { redactor } from '../../../internal/platform/redact.ts';
import { systemRandom } from '../../../internal/platform/random.ts';
import { asideOf } from '../aside.ts';
import { isSet, outputFlag, outputOf, readFlag } from '../command-flags.ts';
import type { Command, CommandHelp, DescribedFlag } from '../command.ts';
import { exitCodes, orderlyEnd } from '../exit-codes.ts';
import { connectCluster } from '../connect-cluster.ts';
import { LineQueue } from '../line-queue.ts';
import { openLineSink } from '../line-sink.ts';
import { chosenPods, podFlags } from '../pod-flags.ts';

const FORMS = ['text', 'json'] as const;
const flags: readonly DescribedFlag[] = [
  ...podFlags,
  { name: 'jobs', bare: 'true', doc: 'their Jobs as well, which say whether an attempt was the last' },
  { name: 'nodes', bare: 'true', doc: 'the nodes as well, which may be why pods are not Ready' },
  { name: 'for', placeholder: 'DURATION', doc: 'how long (until it is told to stop)' },
  { name: 'file', short: 'f', placeholder: 'FILE', doc: 'a new file to write to (standard output)' },
  outputFlag(FORMS, 'how much was recorded'),
];

export const recordHelp: CommandHelp = {
  flags,
  examples: [
    'watcher record -A --for=10m --file=trouble.ndjson',
    'watcher record -A --jobs --nodes -f trouble.ndjson',
    'watcher record -n shop | gzip > shop.ndjson.gz',
  ],
  // Of a line: an event of a watch.
  json: { kind: 'lines', fields: ['type', 'kind', 'object...', 'at'], filed: ['file', 'events'] },
  exitCodes: { ...orderlyEnd, 0: 'the time is over, it was told to stop, or nobody reads any more' },
};

const FOR_EVER = '87600h';

/** Waiting does not mend these. */
const LASTING: ReadonlySet<ErrorCode> = new Set(['API_FORBIDDEN', 'API_UNAUTHORIZED', 'API_TLS', 'API_REFUSED']);

/** Of lines that wait to be written. */
const WAITING_BYTES = 64 * 1024 * 1024;

/** 0 after the time asked for, a signal, or once nobody reads any more. Rejects where what was asked for was never seen, or not written. */
export const record: Command = async ({ args, environment, terminal, shutdown }) => {
  const { config, commandFlags } = loadConfig({ argv: args, environment, require: [], commandFlags: flags });
  const parts = { clock: systemClock(), random: systemRandom(), logger: silentLogger() };
  const file = commandFlags.get('file');
  const output = outputOf(commandFlags, FORMS);
  const aside = asideOf(terminal, output);
  const forMs = readFlag(commandFlags, 'for', FOR_EVER, parseDuration);
  const connection = connectCluster(config, { environment, ...parts });
  const deadline = withDeadline(parts.clock, forMs, shutdown);
  try {
    const queue = new LineQueue(await openLineSink(file, 'RECORDING_FAILED'), WAITING_BYTES);
    aside.note('recording; Ctrl-C ends it');
    const events = await recordInto(queue, deadline.signal, {
      ...parts,
      ...{ transport: connection.transport, ...chosenPods(commandFlags, connection.namespace) },
      redact: redactor(config.redact),
      // Not between the lines of a recording that somebody watches.
      onCount: (count) => (file === undefined && terminal.isTerminal ? undefined : aside.step(`${count} events ...`)),
      also: [
        ...(isSet(commandFlags, 'jobs') ? ['Job' as const] : []),
        ...(isSet(commandFlags, 'nodes') ? ['Node' as const] : []),
      ],
    });
    if (output === 'json' && file !== undefined) terminal.out(`${JSON.stringify({ file, events })}\n`);
    else aside.summary(`${events} events recorded`, { events });
    return exitCodes.ok;
  } finally {
    aside.done();
    deadline.done();
    await connection.close();
  }
};

/** Records until `signal` aborts, or nobody reads. Resolves with the number of events once they are written. */
async function recordInto(
  queue: LineQueue,
  signal: AbortSignal,
  { onCount, ...parts }: Omit<RecorderOptions, 'onFailure' | 'onEvent'> & { onCount: (count: number) => void },
): Promise<number> {
  let events = 0;
  const seen = new Set<string>();
  const unseen = new Map<string, CodedError>();
  const refused = Promise.withResolvers<undefined>();
  const recorder = new Recorder({
    ...parts,
    onFailure: (error, of) => {
      if (seen.has(of)) return;
      unseen.set(of, error);
      if (LASTING.has(error.code)) refused.resolve(undefined);
    },
    onEvent: (event) => {
      if (event.kind === 'synced') {
        seen.add(event.of);
        unseen.delete(event.of);
      }
      onCount(++events);
      queue.add(recordedLine(event));
    },
  });
  recorder.start();
  await Promise.race([aborted(signal), queue.over, refused.promise]).finally(() => recorder.stop());
  queue.add(recordedLine({ kind: 'end', atMs: parts.clock.now() }));
  await queue.close();
  for (const failure of unseen.values()) throw failure;
  return events;
}
