/** The documentation's view of the settings: the table that `npm run docs` writes into README and docs. */
import { settings, type NamedSetting } from './schema.ts';

/** A Markdown table of every setting, in the order of the help. */
export function renderConfigurationTable(): string {
  const head = ['| flag | environment | file | default | meaning |', '| --- | --- | --- | --- | --- |'];
  return [...head, ...settings.map(tableRow)].join('\n');
}

function tableRow(row: NamedSetting): string {
  const cells = [
    `\`--${row.flag}\``,
    `\`${row.environment}\``,
    `\`${row.fileKey}\``,
    defaultCell(row),
    meaningCell(row),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function defaultCell({ default: text, defaultDoc }: NamedSetting): string {
  if (text !== '') return `\`${text.replaceAll(',', ', ')}\``;
  return defaultDoc ?? '';
}

function meaningCell({ doc, format, remote }: NamedSetting): string {
  const form = `\`${format.placeholder}\``;
  return `${form}: ${doc}${remote === undefined ? '' : ` (remote settings: \`${remote}\`)`}`;
}
