/**
 * The plane's command line. Few flags and no files: whoever needs more starts servePlane from code of their own.
 */
import { parseArgs } from 'node:util';
import { defaultOptions, type PlaneOptions } from './options.ts';

export interface PlaneFlags extends PlaneOptions {
  readonly host: string;
  readonly port: number;
  readonly identityKeys: readonly string[];
  /** Admin API of the Restate server to register with; undefined leaves that to somebody else. */
  readonly register: string | undefined;
  /** Where that server finds us, if not at the address we listen on. */
  readonly advertise: string | undefined;
}

export type ParsedFlags =
  | { readonly kind: 'run'; readonly flags: PlaneFlags }
  | { readonly kind: 'help' }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

export const usage = `plane: the reference plane of watcher, as services of a Restate server

  --listen HOST:PORT       where the Restate server calls us (127.0.0.1:9080; port 0 takes a free one)
  --register URL           admin API of the Restate server to register with, such as http://127.0.0.1:9070
  --advertise URL          where that server finds us, if not at the address we listen on
  --cooldown DURATION      how long an incident told of is kept quiet, where a cluster's settings don't say (180s)
  --missed-heartbeats N    heartbeats a cluster may miss before it counts as late (3)
  --identity-header NAME   header by which a proxy before the ingress names the calling cluster; other calls are refused
  --identity-key KEY       public key (publickeyv1_...) of the Restate server; then no one else may call; may be repeated
  --keep-deliveries N      deliveries kept for reading, for each cluster (10000)
  --open-admin             let the ingress set remote settings and read dead letters: for trusted networks only
  --help                   this text
`;

const options = {
  listen: { type: 'string', default: '127.0.0.1:9080' },
  register: { type: 'string' },
  advertise: { type: 'string' },
  cooldown: { type: 'string', default: `${defaultOptions.cooldownMs}ms` },
  'missed-heartbeats': { type: 'string', default: String(defaultOptions.missedBeats) },
  'identity-header': { type: 'string' },
  'identity-key': { type: 'string', multiple: true, default: [] as string[] },
  'keep-deliveries': { type: 'string', default: String(defaultOptions.deliveriesKept) },
  'open-admin': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Reads the arguments; all problems at once. */
export function parseFlags(args: readonly string[]): ParsedFlags {
  try {
    return read(parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values);
  } catch (error) {
    return { kind: 'problems', problems: [error instanceof Error ? error.message : String(error)] };
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options; strict: true }>>['values'];

function read(values: Values): ParsedFlags {
  if (values.help) return { kind: 'help' };
  const listen = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:]*)):(?<port>\d{1,5})$/.exec(values.listen)?.groups;
  const cooldownMs = durationMs(values.cooldown);
  const deliveriesKept = Number(values['keep-deliveries']);
  const missedBeats = Number(values['missed-heartbeats']);
  const problems = [
    listen === undefined || Number(listen['port']) > 65_535 ? `--listen ${values.listen} is not HOST:PORT` : '',
    cooldownMs === undefined ? `--cooldown ${values.cooldown} is no duration such as 90s` : '',
    Number.isInteger(deliveriesKept) && deliveriesKept > 0 ? '' : '--keep-deliveries must be a number above 0',
    Number.isInteger(missedBeats) && missedBeats > 0 ? '' : '--missed-heartbeats must be a number above 0',
    ...(['register', 'advertise'] as const).map((name) => urlProblem(name, values[name])),
  ].filter((problem) => problem !== '');
  if (problems.length > 0) return { kind: 'problems', problems };
  const flags = {
    ...defaultOptions,
    host: listen?.['v6'] ?? listen?.['host'] ?? '',
    port: Number(listen?.['port']),
    register: values.register,
    advertise: values.advertise,
    cooldownMs: cooldownMs ?? 0,
    identityHeader: values['identity-header'],
    identityKeys: values['identity-key'],
    deliveriesKept,
    missedBeats,
    hasOpenAdmin: values['open-admin'],
  };
  return { kind: 'run', flags };
}

function urlProblem(name: string, url: string | undefined): string {
  const isUsable = url === undefined || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol));
  return isUsable ? '' : `--${name} must begin with http:// or https://`;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function durationMs(text: string): number | undefined {
  const [, amount, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  const factor = units[unit ?? ''];
  return amount === undefined || factor === undefined ? undefined : Number(amount) * factor;
}
