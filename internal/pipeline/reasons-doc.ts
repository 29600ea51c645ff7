/**
 * The table of reasons as Markdown, for docs/reasons.md. Generated, so that what is documented is what runs.
 */
import { familiesTable, reasonsTable, type ReasonEntry } from './reasons-table.ts';

const SEEN_IN: Record<ReasonEntry['seenIn'], string> = {
  waiting: 'container waiting',
  terminated: 'container terminated',
  pod: 'pod status',
  disruption: 'DisruptionTarget condition',
  scheduling: 'PodScheduled condition',
  phase: 'pod phase',
  stuck: 'lasts too long',
  node: 'Ready condition of a node',
};

const onByDefault = new Set(familiesTable.filter(({ isDefault }) => isDefault).map(({ name }) => name));

/** Families first, then every reason with its family, severity and hint. Ends with a newline. */
export function renderReasonsTable(): string {
  return `${renderFamilies()}\n${renderReasons()}`;
}

function renderFamilies(): string {
  const rows = familiesTable.map((family) => [`\`${family.name}\``, family.isDefault ? 'on' : 'off', family.meaning]);
  return table(['family', 'by default', 'meaning'], rows);
}

function renderReasons(): string {
  const rows = reasonsTable.map((entry) => [
    `\`${entry.reason}\``,
    SEEN_IN[entry.seenIn],
    ...tellingOf(entry),
    entry.hint,
  ]);
  return table(['reason', 'seen in', 'family', 'severity', 'by default', 'what usually causes it'], rows);
}

function tellingOf({ family, severity }: ReasonEntry): readonly string[] {
  if (family === '') return ['(no failure)', '', ''];
  return [`\`${family}\``, severity, onByDefault.has(family) ? 'on' : 'off'];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}
