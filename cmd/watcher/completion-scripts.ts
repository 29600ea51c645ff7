/** The scripts that shells read to complete `watcher`. Pure text: nothing is called while somebody types. */
import type { CompletedFlag, CompletionModel } from './completion-model.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function completionScript(shell: Shell, model: CompletionModel): string {
  switch (shell) {
    case 'bash':
      return bash(model);
    case 'zsh':
      // zsh runs bash's function as it is (zshcompsys, bashcompinit).
      return `#compdef watcher\nautoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bash(model)}`;
    case 'fish':
      return fish(model);
  }
}

function bash(model: CompletionModel): string {
  const { commands, settings } = model;
  const flagsOf = (flags: readonly CompletedFlag[]): string => flags.map(({ name }) => `--${name}`).join(' ');
  const cases = commands.map(({ words, flags }) => {
    const next = nextWords(commands, words);
    return `    '${words}') words='${next.join(' ')}' flags='${flagsOf(flags)}' ;;`;
  });
  return `# Completion of watcher for bash: source <(watcher completion bash)
_watcher() {
  local current=\${COMP_WORDS[COMP_CWORD]} flag='' command='' words='' flags='' word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* || $word == = ]] && continue
    case "$command \${word}" in
${bashPaths(commands)}
    esac
  done
  # Readline takes --flag=value apart at the equals sign.
  if [[ $current == = ]]; then flag=\${COMP_WORDS[COMP_CWORD-1]} current=''
  elif [[ \${COMP_WORDS[COMP_CWORD-1]} == = ]]; then flag=\${COMP_WORDS[COMP_CWORD-2]}
  else flag=\${COMP_WORDS[COMP_CWORD-1]}
  fi
  case "$command $flag" in
${bashValues(model)}
  esac
  case "$command" in
${cases.join('\n')}
  esac
  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$flags ${flagsOf(settings)}" -- "$current"))
  else COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -F _watcher watcher
`;
}

/** What may follow these words. */
function nextWords(commands: CompletionModel['commands'], words: string): string[] {
  const depth = words === '' ? 0 : words.split(' ').length;
  const longer = commands.map((command) => command.words).filter((other) => other !== '');
  const below = longer.filter((other) => words === '' || other.startsWith(`${words} `));
  return [...new Set(below.map((other) => other.split(' ')[depth] ?? ''))].filter((word) => word !== '');
}

/** How the words read so far grow into a command. */
function bashPaths(commands: CompletionModel['commands']): string {
  const paths = new Set<string>();
  for (const { words } of commands) {
    const parts = words.split(' ');
    for (let at = 1; at <= parts.length; at++) paths.add(parts.slice(0, at).join(' '));
  }
  paths.delete('');
  const patterns = [...paths].map((words) => (words.includes(' ') ? `'${words}'` : `' ${words}'`));
  return `      ${patterns.join('|')}) command="\${command:+$command }$word" ;;`;
}

/** What each flag takes: a command's own first, as two commands may mean different things by one name. */
function bashValues({ commands, settings }: CompletionModel): string {
  const own = commands.flatMap(({ words, flags }) => flags.map((flag) => bashValue(`'${words}'`, flag)));
  const all = settings.map((flag) => bashValue('*', flag));
  return [...own, ...all].filter((line) => line !== '').join('\n');
}

function bashValue(command: string, { name, short, takes }: CompletedFlag): string {
  if (takes === 'none') return '';
  const pattern = [`--${name}`, ...(short === '' ? [] : [`-${short}`])].map((flag) => `${command}' ${flag}'`).join('|');
  return `    ${pattern}) ${bashReply(takes)}return ;;`;
}

/** Names of files are a line each, whatever is in them; quotes and slashes are readline's, where compopt asks it (zsh has none). */
function bashReply(takes: Exclude<CompletedFlag['takes'], 'none'>): string {
  if (takes === 'text') return '';
  if (typeof takes !== 'string') return `COMPREPLY=($(compgen -W '${takes.join(' ')}' -- "$current")); `;
  const kind = takes === 'file' ? '-f' : '-d';
  return `local IFS=$'\\n'; COMPREPLY=($(compgen ${kind} -- "$current")); compopt -o filenames 2> /dev/null; `;
}

function fish({ commands, settings }: CompletionModel): string {
  const lines = ['# Completion of watcher for fish: watcher completion fish | source', 'complete -c watcher -f'];
  for (const { words, summary, flags } of commands) {
    if (words === '') continue;
    const parts = words.split(' ');
    const parents = parts.slice(0, -1);
    const others = nextWords(commands, parents.join(' ')).join(' ');
    const when = [...parents.map(seen), `not ${seen(others)}`].join('; and ');
    lines.push(`complete -c watcher -n '${when}' -a ${parts.at(-1) ?? ''} -d ${quoted(summary)}`);
    const inside = parts.map(seen).join('; and ');
    lines.push(...flags.map((flag) => fishFlag(flag, ` -n '${inside}'`)));
  }
  lines.push(...settings.map((flag) => fishFlag(flag, '')));
  return `${[...new Set(lines)].join('\n')}\n`;
}

const seen = (words: string): string => `__fish_seen_subcommand_from ${words}`;

function fishFlag({ name, short, doc, takes }: CompletedFlag, when: string): string {
  const value = typeof takes === 'string' ? fishTakes[takes] : ` -x -a '${takes.join(' ')}'`;
  return `complete -c watcher${when} -l ${name}${short === '' ? '' : ` -s ${short}`}${value} -d ${quoted(doc)}`;
}

const fishTakes = {
  none: '',
  file: ' -r -F',
  directory: " -x -a '(__fish_complete_directories)'",
  text: ' -x',
} as const;

const quoted = (text: string): string => `'${text.replace(/[\\']/g, (char) => `\\${char}`)}'`;
