/** `watcher support-bundle`: what somebody needs who is to help, as one archive, without secrets. */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describeConfig } from '../../../internal/config/describe.ts';
import { loadConfig } from '../../../internal/config/load.ts';
import { systemClock } from '../../../internal/platform/clock.ts';
import { redact } from '../../../internal/platform/redact.ts';
import { tar, type TarEntry } from '../../../internal/platform/tar.ts';
import { connectControl } from '../../../internal/server/control-client.ts';
import type { SupportDocument } from '../../../internal/server/control.ts';
import { exitCodes, type Command, type CommandHelp } from '../command.ts';
import { dataDirOf } from '../outbox-access.ts';
import { version } from '../version.ts';

const flags = [{ name: 'file', placeholder: 'FILE', doc: 'where it is written (watcher-support-TIME.tar.gz)' }];

export const supportBundleHelp: CommandHelp = {
  flags,
  examples: [
    'watcher support-bundle --data-dir /var/lib/watcher',
    'kubectl exec -n watcher deploy/watcher -- watcher support-bundle --file=/dev/stdout > support.tar.gz',
  ],
  exitCodes: '0 with all of a running agent, 1 no agent runs or it could not be asked, 2 wrong usage',
};

/** Asks the agent of the data directory; where none runs, says so in the bundle and exits with 1. */
export const supportBundle: Command = async ({ args, environment, terminal }) => {
  const loaded = loadConfig({ argv: args, environment, require: [], commandFlags: flags });
  const now = new Date(systemClock().now());
  const file = loaded.commandFlags.get('file') ?? `watcher-support-${now.toISOString().replaceAll(':', '-')}.tar.gz`;
  const dir = dataDirOf(loaded.config, environment);
  const agent = await connectControl(dir);
  if (agent !== undefined) terminal.err('asking the agent: some 5 s, while its heap is sampled ...\n');
  const told = agent === undefined ? nobody(dir) : await agent.support();
  const settings = describeConfig(loaded).map(
    ({ setting, shown, origin, place }) => `${setting.flag}=${shown}  # ${origin} ${place}`,
  );
  const texts = {
    ...told.texts,
    'about.txt': `watcher ${version}, Node ${process.version}, ${process.platform} ${process.arch}, ${now.toISOString()}\n`,
    'settings-of-this-command.txt': redact(`${settings.join('\n')}\n`),
  };
  const entryOf = (name: string, content: Buffer): TarEntry => ({
    ...{ kind: 'file', name, content, mode: 0o600, atMs: now.getTime() },
  });
  const entries: TarEntry[] = [
    ...Object.entries(texts).map(([name, text]) => entryOf(name, Buffer.from(text))),
    ...Object.entries(told.binaries).map(([name, text]) => entryOf(name, Buffer.from(text, 'base64'))),
  ];
  writeFileSync(file, gzipSync(tar(entries)), { mode: 0o600 });
  terminal.err(`${file}: ${entries.map(({ name }) => name).join(', ')}\n  look through it before you send it on\n`);
  return agent === undefined ? exitCodes.failed : exitCodes.ok;
};

function nobody(dir: string): SupportDocument {
  return { texts: { 'agent.txt': `no agent runs on ${dir}\n` }, binaries: {} };
}
