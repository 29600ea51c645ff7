// What may be typed after `npm run cluster --`, and what it means. Pure.
import { parseArgs } from 'node:util';

/** A command, understood. */
export type Command =
  | { readonly kind: 'up' | 'serve'; readonly name: string; readonly node: boolean; readonly controllers: boolean }
  | { readonly kind: 'down'; readonly name: string }
  | { readonly kind: 'status'; readonly name: string | undefined }
  | { readonly kind: 'prepare'; readonly require: boolean }
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly text: string };

/** The text of `help`. */
export const USAGE = `npm run cluster -- COMMAND

  up [--node] [--api-only] [--name NAME]   start a real Kubernetes and leave it running (NAME: default)
      --node       with a kubelet and containerd, so that pods run (root, Linux)
      --api-only   without controller manager and scheduler
  status [--name NAME]                     what runs, and how to reach it
  down [--name NAME]                       stop it and remove all it left
  prepare [--require]                      build what is missing into the cache, install runc and busybox-static (Debian, root)
      --require    fail where something can't be had, instead of saying what will be skipped
`;

const OPTIONS = {
  name: { type: 'string' },
  node: { type: 'boolean' },
  'api-only': { type: 'boolean' },
  require: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Which options go with which command. */
const ALLOWED: Record<string, readonly string[]> = {
  up: ['name', 'node', 'api-only'],
  serve: ['name', 'node', 'api-only'],
  down: ['name'],
  status: ['name'],
  prepare: ['require'],
  help: [],
};

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>['values'];

function mistake(text: string): Command {
  return { kind: 'mistake', text };
}

function understand(kind: string, values: Values): Command {
  const { name, node = false, require = false } = values;
  const controllers = values['api-only'] !== true;
  if (name !== undefined && !/^[a-z0-9][a-z0-9-]{0,30}$/.test(name)) return mistake(`not a name: ${name}`);
  if (node && !controllers) return mistake('--node needs the controllers, which --api-only leaves out');
  switch (kind) {
    case 'up':
    case 'serve':
      return { kind, name: name ?? 'default', node, controllers };
    case 'down':
      return { kind, name: name ?? 'default' };
    case 'status':
      return { kind, name };
    case 'prepare':
      return { kind, require };
    default:
      return { kind: 'help' };
  }
}

/** Understands the words of a command line; a mistake is an answer too. */
export function parseCommand(words: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
    const [kind = 'help', ...rest] = positionals;
    const allowed = Object.hasOwn(ALLOWED, kind) ? ALLOWED[kind] : undefined;
    if (allowed === undefined || rest.length > 0) return mistake(`unknown: ${positionals.join(' ')}`);
    if (values.help === true) return { kind: 'help' };
    const stray = Object.keys(values).find((option) => !allowed.includes(option));
    return stray === undefined ? understand(kind, values) : mistake(`${kind} takes no --${stray}`);
  } catch (error) {
    return mistake(error instanceof Error ? error.message : String(error));
  }
}
