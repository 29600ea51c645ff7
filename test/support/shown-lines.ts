/**
 * The commands that a page shows, each as somebody would paste it into a shell: with pipes and redirections, without `$`,
 * `...` and the remark behind it. From blocks of code and from spans in the text; a name of a command, such as
 * `kubectl exec`, is not one that somebody would paste.
 */

/** What begins a command on a page. A block that begins with anything else is no command, or is one to be added here. */
const PROGRAMS = [
  'make',
  'bin/watcher',
  'watcher',
  'npm',
  'npx',
  'node',
  'kubectl',
  'helm',
  'go',
  'curl',
  'ctr',
  'docker',
  'git',
  'jq',
  'source',
];

/** Of fenced blocks; any other is a picture, a document or a query. */
const SHELLS: ReadonlySet<string> = new Set(['', 'sh', 'bash', 'shell', 'console', 'zsh']);

const BEGIN = new RegExp(
  String.raw`^(?:[A-Z][A-Z0-9_]*=\S+ )*(?:${PROGRAMS.map((name) => name.replace('/', '\\/')).join('|')})(?: (?! )|$)`,
);
const FENCE = /^\s*\x60{3}(\w*)/;

/** Each once, in their order. */
export function shownLines(markdown: string): string[] {
  const blocks: string[] = [];
  const prose: string[] = [];
  let fence: string | undefined;
  for (const line of markdown.split('\n')) {
    const [, language] = FENCE.exec(line) ?? [];
    if (language !== undefined) fence = fence === undefined ? language : undefined;
    else if (fence === undefined && !/^ {4,}\S/.test(line)) prose.push(line);
    else if (fence === undefined || SHELLS.has(fence)) blocks.push(line.trim().replace(/^\$ /, ''));
  }
  return [...new Set([...joined(blocks), ...spansOf(prose)])];
}

/** A command goes on in the next line behind a backslash, or while a quote is open. */
function joined(lines: readonly string[]): string[] {
  const commands: string[] = [];
  let open: string | undefined;
  for (const line of lines) {
    const text = open === undefined ? withoutRemark(line) : `${open}\n${line}`;
    if (open === undefined && !BEGIN.test(line)) continue;
    if (text.endsWith('\\')) open = text;
    else if ((text.split("'").length - 1) % 2 === 1) open = text;
    else {
      open = undefined;
      commands.push(text);
    }
  }
  return commands;
}

/** A span may go on in the next line, but not beyond its paragraph. */
function spansOf(prose: readonly string[]): string[] {
  const spans = prose
    .join('\n')
    .split(/\n\s*\n/)
    .flatMap((paragraph) =>
      [...paragraph.matchAll(/\x60([^\x60]+)\x60/g)].map(([, span = '']) => span.replaceAll('\n', ' ')),
    );
  return spans.filter((span) => BEGIN.test(span) && isWhole(span)).map(withoutRemark);
}

/** Of a program that is not ours so many words are only its name. */
const OTHERS: readonly [begin: RegExp, words: number][] = [
  [/^go tool /, 3],
  [/^(?:kubectl|helm|curl|docker|git|jq|node|source|ctr) /, 2],
];

function isWhole(span: string): boolean {
  const words = span.split(' ');
  return words.length > (OTHERS.find(([begin]) => begin.test(span))?.[1] ?? 1);
}

function withoutRemark(text: string): string {
  return text.replace(/\s{2,}.*$|\s#\s.*$/, '').replace(/ \.\.\.$/, '');
}
