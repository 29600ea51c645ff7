/**
 * The commands that a page of documentation shows: lines of indented or fenced blocks, and spans of code in the text, that
 * begin with a program of ours or one that operators use. It reads what is shown; it runs nothing.
 */

export interface ShownCommand {
  /** Its words, without what is no part of it: remarks, `...`, redirections, quotes. */
  readonly words: readonly string[];
  /** Variables set before it or, for make, behind it: CLUSTER=real. */
  readonly variables: readonly string[];
  /** As it stands on the page. */
  readonly text: string;
}

const PROGRAMS = ['make', 'bin/watcher', 'watcher', 'npm', 'node', 'kubectl', 'helm', 'go'];
const VARIABLE = /^[A-Z][A-Z0-9_]*=/;

/** Every command of a page in Markdown, in its order of kind: blocks first, then spans. */
export function shownCommands(markdown: string): ShownCommand[] {
  const blocks: string[] = [];
  const prose: string[] = [];
  let isFenced = false;
  for (const line of markdown.split('\n')) {
    const isFence = /^\s*```/.test(line);
    if (isFence) isFenced = !isFenced;
    else (isFenced || /^ {4,}\S/.test(line) ? blocks : prose).push(line);
  }
  // A span may go on in the next line, but not beyond its paragraph.
  const spans = prose
    .join('\n')
    .split(/\n\s*\n/)
    .flatMap((paragraph) => [...paragraph.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replaceAll('\n', ' ')));
  return [
    ...blocks.flatMap((line) => read(line.trim())),
    ...spans.flatMap((span) => read(span)).filter(isMoreThanAName),
  ];
}

/** `watcher` in running text is the program's name, and no command. */
const isMoreThanAName = ({ words, variables }: ShownCommand): boolean => words.length + variables.length > 1;

/** What stands behind two blanks, a remark, a redirection or a pipe is no part of the command. */
function read(text: string): ShownCommand[] {
  const command = text.replace(/\s{2,}.*$|\s[#><|].*$/, '');
  const all = [...command.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) => word.replaceAll(/['"]/g, ''));
  const first = all.findIndex((word) => !VARIABLE.test(word));
  if (!PROGRAMS.includes(all[first] ?? '') || (all[first] === 'node' && !all.some((word) => word.endsWith('.ts'))))
    return [];
  const isMake = all[first] === 'make';
  const isVariable = (word: string, at: number): boolean => VARIABLE.test(word) && (at < first || isMake);
  const words = all.filter((word, at) => !isVariable(word, at) && word !== '...');
  return [{ words, variables: all.filter(isVariable).map((word) => word.split('=', 1)[0] ?? ''), text }];
}
