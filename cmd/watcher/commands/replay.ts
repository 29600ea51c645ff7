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
import { encodeFinding } from '../../../internal/restate/wire-format.ts';
import { readFlag } from '../command-flags.ts';
import { exitCodes, type Command, type CommandHelp, type DescribedFlag, type Terminal } from '../command.ts';
import { LiveSettings } from '../live-settings.ts';
import { Replay } from '../replay-run.ts';
import { version } from '../version.ts';

const flags: readonly DescribedFlag[] = [
  { name: 'after', placeholder: 'DURATION', doc: 'how much time passes after the last event (0s)' },
];

export const replayHelp: CommandHelp = {
  takes: 'FILE',
  flags,
  examples: [
    'watcher replay trouble.ndjson',
    'watcher replay trouble.ndjson | jq -c \'select(.decision == "append") | .event\'',
    'kubectl get pods -A -w -o json --output-watch-events | watcher replay -',
  ],
};

/** 0 where the whole file was told; where it can't be read, rejects with RECORDING_INVALID after what came before was told. */
export const replay: Command = async ({ args, environment, terminal }) => {
  const { config, commandFlags, positionals } = loadConfig({
    ...{ argv: args, environment, require: [], commandFlags: flags, mostPositionals: 1, knownReasons },
  });
  const clusterId = config.clusterId ?? 'replay';
  const encode = encoder(clusterId);
  const told = new Replay({
    ...{ clusterId, settings: settingsOf(config), lookBackMs: LOOK_BACK_MS, encode },
    observer: (nowMs) => printing({ terminal, nowMs, encode }),
  });
  const afterMs = readFlag(commandFlags, 'after', '0s', parseDuration);
  const events = await tell(positionals[0] ?? '-', told).finally(() => told.end(afterMs));
  const { other, unreadable } = told.passedOver;
  terminal.err(
    `${events} events told; passed over: ${other} that say nothing of pods, ${unreadable} that could not be read\n`,
  );
  return exitCodes.ok;
};

/** As a plane that asks for every type of event would have it: recoveries and ends of silences are decided, too. */
function settingsOf(config: Config): LiveSettings {
  const settings = new LiveSettings(config, silentLogger());
  settings.apply(settings.parse({ event_types: ['resolved', 'silenced'] }));
  return settings;
}

async function tell(file: string, told: Replay): Promise<number> {
  let waiting: RecordedEvent[] = [];
  let events = 0;
  const documents = jsonDocuments(WATCH_FRAME_BYTES, (document) => waiting.push(...recordedEvents(document)));
  const takeAll = async (): Promise<void> => {
    const taken = waiting;
    waiting = [];
    for (const event of taken) await told.take(event);
    events += taken.length;
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
  readonly terminal: Terminal;
  readonly nowMs: () => number;
  readonly encode: Encode;
}

/** One line a decision. A finding that is told again shows again, with the reason why it is not sent. */
function printing({ terminal, nowMs, encode }: Printing): PipelineObserver {
  const line = (fields: Record<string, unknown>): void =>
    terminal.out(`${JSON.stringify({ at: new Date(nowMs()).toISOString(), ...fields })}\n`);
  return {
    processed: () => undefined,
    silenced: ({ namespace, name }, { reason, about, container }) =>
      line({ decision: 'silence', reason, about, namespace, name, container_name: container }),
    decided: ({ finding, stage, decision, reason }) =>
      line({ decision, stage, reason, event: JSON.parse(Buffer.from(encode(finding)).toString()) as unknown }),
    stored: () => undefined,
    stateChanged: () => undefined,
    skipped: () => undefined,
    failed: (what, error) => terminal.err(`${what} failed: ${describeError(error).message}\n`),
  };
}
