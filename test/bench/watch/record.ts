/**
 * The last full run, written into docs/PERFORMANCE.md between two markers, with all that is needed to judge it: command,
 * date, commit, machine and its load.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { renderSection, type Section } from './section.ts';

const OPEN = '<!-- recorded: bench-watch -->';
const CLOSE = '<!-- end of bench-watch -->';

export interface RunFacts {
  readonly command: string;
  /** RFC 3339. */
  readonly at: string;
  readonly commit: string;
  readonly machine: { readonly cpu: string; readonly cpus: number; readonly memoryMB: number; readonly node: string };
  readonly loadBefore: string;
  readonly loadAfter: string;
}

/** Throws where the document has no place for it. */
export function recordRun(file: string, sections: readonly Section[], facts: RunFacts): void {
  writeFileSync(file, withRun(readFileSync(file, 'utf8'), sections, facts));
}

export function withRun(document: string, sections: readonly Section[], facts: RunFacts): string {
  const [from, to] = [document.indexOf(OPEN), document.indexOf(CLOSE)];
  if (from < 0 || to < from) throw new Error(`the document has no part between ${OPEN} and ${CLOSE}`);
  return `${document.slice(0, from)}${OPEN}\n\n${runText(sections, facts)}\n${document.slice(to)}`;
}

function runText(sections: readonly Section[], facts: RunFacts): string {
  const { command, at, commit, machine, loadBefore, loadAfter } = facts;
  const { cpu, cpus, memoryMB, node } = machine;
  const about =
    `\`${command}\` on ${at.slice(0, 10)} at commit ${commit}: ${cpus} cores of ${cpu}, ` +
    `${Math.round(memoryMB / 1024)} GB, Node ${node}. Load average ${loadBefore} before, ${loadAfter} after.\n`;
  return `${about}\n\`\`\`text\n${sections.map(renderSection).join('\n')}\`\`\`\n`;
}
