/**
 * `watcher replay FILE`: a recording through the real pipeline, in its own time. Prints each decision as one line of JSON:
 * what was decided, for which named reason, and the event as the plane would get it. Contacts nothing.
 */
import { createReadStream } from 'node:fs';
import { parseDuration } from '../../../internal/config/duration.ts';
import { loadConfig } from '../../../internal/config/load.ts';
import type { Config } from '../../../internal/config/schema.ts';
import { jsonDocuments } from '../../../internal/kubernetes/json-documents.ts';
import { recordedEvents, type RecordedEvent } from '../../../internal/kubernetes/recording.ts';
import { LOOK_BACK_MS } from '../../../internal/pipeline/filter-look-back.ts';
import type { Finding } from '../../../internal/pipeline/finding.ts';
import { groupId } from '../../../internal/pipeline/identity.ts';
import { workloadOf } from '../../../internal/pipeline/identity-workload.ts';
import type { PipelineObserver } from '../../../internal/pipeline/pipeline-observer.ts';
import { knownReasons } from '../../../internal/pipeline/reasons.ts';
import { CodedError, describeError } from '../../../internal/platform/errors.ts';
import { WATCH_FRAME_BYTES } from '../../../internal/platform/limits.ts';
import { silentLogger } from '../../../internal/platform/log.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';
import { encodeFinding } from '../../../internal/restate/wire-format.ts';
import { asideOf } from '../aside.ts';
import { outputFlag, outputOf, readFlag } from '../command-flags.ts';
import type { Command, CommandHelp, DescribedFlag, Terminal } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { LiveSettings } from '../live-settings.ts';
import { isJsonAsked } from '../program-flags.ts';
import { decisionLine, type Decided } from '../replay-print.ts';
import { Replay } from '../replay-run.ts';
import { version } from '../version.ts';

const FORMS = ['json', 'text'] as const;
const flags: readonly DescribedFlag[] = [
  { name: 'after', placeholder: 'DURATION', doc: 'how much time passes after the last event (0s)' },
  outputFlag(FORMS, 'each decision'),
];

export const replayHelp: CommandHelp = {
  takes: 'FILE',
  flags,
  examples: [
    'watcher replay trouble.ndjson',
    'watcher replay trouble.ndjson | jq -c \'select(.decision == "append") | .event\'',
    'kubectl get pods -A -w -o json --output-watch-events | watcher replay -',
    'watcher replay trouble.ndjson -o text',
  ],
  // Of a silence its own, of every other decision the event (docs/events.md).
  json: {
    kind: 'lines',
    fields: ['at', 'decision', 'reason', 'stage', 'event...', 'about', 'namespace', 'name', 'container_name'],
  },
};

/** 0 where the whole file was told; where it can't be read, rejects with RECORDING_INVALID after what came before was told. */
export const replay: Command = async ({ args, environment, terminal, shutdown }) => {
  const { config, commandFlags, positionals } = loadConfig({
    ...{ argv: args, environment, require: [], commandFlags: flags, mostPositionals: 1, knownReasons },
  });
  const clusterId = config.clusterId ?? 'replay';
  const encode = encoder(clusterId);
  const output = outputOf(commandFlags, FORMS);
  // Without -o json, what is beside the lines is for people.
  const aside = asideOf(terminal, isJsonAsked(args) ? 'json' : 'text');
  const told = new Replay({
    ...{ clusterId, settings: settingsOf(config), lookBackMs: LOOK_BACK_MS, encode },
    observer: (nowMs) => printing({ terminal, output, nowMs, encode }),
  });
  const afterMs = readFlag(commandFlags, 'after', '0s', parseDuration);
  const events = await tell(positionals[0] ?? '-', told, (count) => {
    shutdown.throwIfAborted();
    if (!terminal.isTerminal) aside.step(`${count} events told ...`);
  })
    .finally(() => told.end(afterMs))
    .finally(() => aside.done());
  const { other, unreadable } = told.passedOver;
  aside.summary(
    `${events} events told; passed over: ${other} that say nothing of pods, ${unreadable} that could not be read`,
    { events, passed_over: { other, unreadable } },
  );
  return exitCodes.ok;
};

/** As a plane that asks for every type of event would have it: recoveries and ends of silences are decided, too. */
function settingsOf(config: Config): LiveSettings {
  const settings = new LiveSettings(config, silentLogger());
  settings.apply(settings.parse({ event_types: ['resolved', 'silenced'] }));
  return settings;
}

async function tell(file: string, told: Replay, onCount: (count: number) => void): Promise<number> {
  let waiting: RecordedEvent[] = [];
  let events = 0;
  const documents = jsonDocuments(WATCH_FRAME_BYTES, (document) => waiting.push(...recordedEvents(document)));
  const takeAll = async (): Promise<void> => {
    const taken = waiting;
    waiting = [];
    for (const event of taken) {
      await told.take(event);
      onCount(++events);
    }
  };
  for await (const chunk of chunksOf(file)) {
    try {
      documents.push(chunk);
    } finally {
      await takeAll();
    }
  }
  documents.end();
  await takeAll();
  return events;
}

async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  const input: AsyncIterable<Buffer> = file === '-' ? process.stdin : createReadStream(file);
  try {
    yield* input;
  } catch (cause) {
    throw new CodedError('RECORDING_INVALID', describeError(cause).message, { cause });
  }
}

type Encode = (finding: Finding) => Uint8Array;

function encoder(clusterId: string): Encode {
  return (finding) =>
    encodeFinding(finding, {
      agentVersion: version,
      namespaceLabels: () => undefined,
      groupOf: (fingerprint) => groupId(clusterId, fingerprint),
      workloadOf: () => {
        const workload = workloadOf(finding.pod);
        return workload.name === '' ? undefined : workload;
      },
    });
}

interface Printing {
  readonly output: (typeof FORMS)[number];
  readonly terminal: Terminal;
  readonly nowMs: () => number;
  readonly encode: Encode;
}

/** One line a decision. A finding that is told again shows again, with the reason why it is not sent. */
function printing({ terminal, output, nowMs, encode }: Printing): PipelineObserver {
  const line = (fields: Decided): void => {
    const told = { at: new Date(nowMs()).toISOString(), ...fields };
    terminal.out(output === 'json' ? `${JSON.stringify(told)}\n` : decisionLine(told));
  };
  return {
    processed: () => undefined,
    silenced: ({ namespace, name }, { reason, about, container }) =>
      line({ decision: 'silence', reason, about, namespace, name, container_name: container }),
    decided: ({ finding, stage, decision, reason }) =>
      line({ decision, stage, reason, event: JSON.parse(Buffer.from(encode(finding)).toString()) as WireEvent }),
    stored: () => undefined,
    stateChanged: () => undefined,
    skipped: () => undefined,
    failed: (what, error) => terminal.err(`${what} failed: ${describeError(error).message}\n`),
  };
}
