/** What docs/operations/cli.md says of the commands, made from their table. */
import type { CommandHelp } from '../cmd/watcher/command.ts';
import { commandTable } from '../cmd/watcher/commands.ts';
import { exitMeanings, orderlyEnd, type ExitCodes } from '../cmd/watcher/exit-codes.ts';

interface Row {
  readonly words: string;
  readonly help: CommandHelp | undefined;
}

const rows: readonly Row[] = await Promise.all(
  commandTable.map(async (entry) => ({ words: entry.words, help: (await entry.load()).help })),
);

const nameOf = (words: string): string => `\`${words === '' ? 'watcher' : words}\``;

/** The codes that mean the same everywhere, and below them what differs. */
export function renderExitCodes(): string {
  const usual = Object.entries(exitMeanings).map(([code, meaning]) => `| any other | ${code} | ${meaning} |`);
  const own = rows.flatMap(({ words, help }) => {
    const codes: ExitCodes = words === '' ? orderlyEnd : (help?.exitCodes ?? {});
    return Object.entries(codes).map(([code, meaning]) => `| ${nameOf(words)} | ${code} | ${meaning} |`);
  });
  return ['| command | code | meaning |', '| --- | --- | --- |', ...own, ...usual].join('\n');
}

export function renderJsonFields(): string {
  const lines = rows.flatMap(({ words, help }) => (help === undefined ? [] : shapesOf(words, help)));
  return ['| command | prints | fields |', '| --- | --- | --- |', ...lines].join('\n');
}

function shapesOf(words: string, { json: { kind, fields, filed } }: CommandHelp): string[] {
  const row = (prints: string, named: readonly string[]): string =>
    `| ${nameOf(words)} | ${prints} | ${named.map((field) => `\`${field}\``).join(', ')} |`;
  if (kind === 'nothing') return [];
  const plain = row(kind === 'document' ? 'one document' : 'a document a line', fields);
  return filed === undefined ? [plain] : [plain, row('one document, with `--file`', filed)];
}
