/** `watcher support-bundle`: what somebody needs who is to help, as one archive, without secrets. */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describeConfig } from '../../../internal/config/describe.ts';
import { loadConfig } from '../../../internal/config/load.ts';
import { systemClock } from '../../../internal/platform/clock.ts';
import { CodedError, describeError } from '../../../internal/platform/errors.ts';
import { redact } from '../../../internal/platform/redact.ts';
import { tar, type TarEntry } from '../../../internal/platform/tar.ts';
import { connectControl } from '../../../internal/server/control-client.ts';
import type { SupportDocument } from '../../../internal/server/control.ts';
import { asideOf } from '../aside.ts';
import { outputFlag, outputOf, wrongUsage } from '../command-flags.ts';
import type { Command, CommandHelp, DescribedFlag } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { dataDirOf } from '../outbox-access.ts';
import { version } from '../version.ts';

const FORMS = ['text', 'json'] as const;
const flags: readonly DescribedFlag[] = [
  { name: 'file', placeholder: 'FILE', doc: 'where it is written (watcher-support-TIME.tar.gz)' },
  outputFlag(FORMS, 'what is in it'),
];

export const supportBundleHelp: CommandHelp = {
  flags,
  examples: [
    'watcher support-bundle --data-dir /var/lib/watcher',
    'kubectl exec -n watcher deploy/watcher -- watcher support-bundle --file=/dev/stdout > support.tar.gz',
  ],
  json: { kind: 'document', fields: ['file', 'is_agent_asked', 'entries[].name', 'entries[].bytes'] },
  exitCodes: { 0: 'with all of a running agent', 1: 'no agent runs, or it could not be asked' },
};

const STANDARD_OUTPUT: ReadonlySet<string> = new Set(['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1']);

/** Asks the agent of the data directory; where none runs, says so in the bundle and exits with 1. */
export const supportBundle: Command = async ({ args, environment, terminal }) => {
  const loaded = loadConfig({ argv: args, environment, require: [], commandFlags: flags });
  const now = new Date(systemClock().now());
  const file = loaded.commandFlags.get('file') ?? `watcher-support-${now.toISOString().replaceAll(':', '-')}.tar.gz`;
  const output = outputOf(loaded.commandFlags, FORMS);
  if (output === 'json' && STANDARD_OUTPUT.has(file)) {
    throw wrongUsage('--output', `json contradicts --file=${file}`, 'give --file another name');
  }
  const aside = asideOf(terminal, output);
  const dir = dataDirOf(loaded.config, environment);
  const agent = await connectControl(dir);
  aside.step('the agent samples its heap: some 5 s ...');
  const told = await (agent?.support() ?? Promise.resolve(nobody(dir))).finally(() => aside.done());
  const settings = describeConfig(loaded).map(
    ({ setting, shown, origin, place }) => `${setting.flag}=${shown}  # ${origin} ${place}`,
  );
  const texts = {
    ...told.texts,
    'about.txt': `watcher ${version}, Node ${process.version}, ${process.platform} ${process.arch}, ${now.toISOString()}\n`,
    'settings-of-this-command.txt': redact(`${settings.join('\n')}\n`),
  };
  const entries = [
    ...Object.entries(texts).map(([name, text]) => ({ name, content: Buffer.from(text) })),
    ...Object.entries(told.binaries).map(([name, text]) => ({ name, content: Buffer.from(text, 'base64') })),
  ];
  const inTar = entries.map((one): TarEntry => ({ kind: 'file', ...one, mode: 0o600, atMs: now.getTime() }));
  write(file, gzipSync(tar(inTar)));
  aside.note(`${file}: ${entries.map(({ name }) => name).join(', ')}\n  look through it before you send it on`);
  const held = entries.map(({ name, content }) => ({ name, bytes: content.length }));
  if (output === 'json')
    terminal.out(`${JSON.stringify({ file, is_agent_asked: agent !== undefined, entries: held })}\n`);
  return agent === undefined ? exitCodes.failed : exitCodes.ok;
};

function nobody(dir: string): SupportDocument {
  return { texts: { 'agent.txt': `no agent runs on ${dir}\n` }, binaries: {} };
}

function write(file: string, archive: Buffer): void {
  try {
    writeFileSync(file, archive, { mode: 0o600 });
  } catch (cause) {
    throw new CodedError('OUTPUT_FAILED', describeError(cause).message, { cause });
  }
}
