/**
 * How well a recording is told: what `watcher replay` says of it against what its scenario expects. Every event that is
 * told is either expected or false; every expected one is either found or missed.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { replay } from '../../cmd/watcher/commands/replay.ts';
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { matchesName } from './pod-states.ts';
import type { Expected, Scenario, Silent } from './scenario.ts';

export interface Score {
  readonly scenario: Scenario;
  readonly expected: number;
  readonly found: number;
  /** In words, one for each event. */
  readonly missed: readonly string[];
  readonly false: readonly string[];
  /** Silences that were expected and never decided. */
  readonly unexplained: readonly string[];
}

/** One line of what `watcher replay` prints: about an event, or about trouble that is none. */
export interface Decision {
  readonly decision: string;
  readonly reason: string;
  readonly event?: WireEvent;
  /** Of a silence. */
  readonly name?: string;
}

/** Everything is told that may be, at the severity that is the default. */
const ALL = ['--enabled-reasons=*', '--cluster-id=corpus'];

export function recordingOf({ name }: Pick<Scenario, 'name'>): string {
  return path.join(import.meta.dirname, 'recordings', `${name}.ndjson`);
}

/** Rejects where there is no recording, or it can't be read whole. */
export async function scoreOf(scenario: Scenario): Promise<Score> {
  const file = recordingOf(scenario);
  if (!existsSync(file)) throw new Error(`${scenario.name} is not recorded: make corpus`);
  return judge(scenario, await decisionsOn(file, scenario.settings ?? []), podsIn(file));
}

function podsIn(file: string): ReadonlySet<string> {
  const objects = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"kind":"Pod","apiVersion"'))
    .map((line) => JSON.parse(line) as { object: { metadata: { name: string } } });
  return new Set(objects.map(({ object }) => object.metadata.name));
}

/** What the agent decides on a recording. */
export async function decisionsOn(file: string, settings: readonly string[]): Promise<Decision[]> {
  const lines: string[] = [];
  const said: string[] = [];
  const terminal = {
    out: (text: string) => void lines.push(text),
    err: (text: string) => void said.push(text),
    isTerminal: false,
  };
  const code = await replay({
    ...{ args: [file, ...ALL, ...settings], environment: {}, terminal },
    shutdown: new AbortController().signal,
  });
  if (code !== 0 || !/passed over: 0 .*, 0 /.test(said.join(''))) throw new Error(`${file}: ${said.join('')}`);
  return lines.map((line) => JSON.parse(line) as Decision);
}

/** `pods`: the names of those that were recorded. Pure. */
export function judge(scenario: Scenario, decisions: readonly Decision[], pods: ReadonlySet<string>): Score {
  const left = scenario.expected.map((one) => ({ ...one, left: one.count }));
  const wrong: string[] = [];
  for (const event of eventsOf(decisions)) {
    const match = left.find((one) => one.left > 0 && isSo(one, event));
    if (match === undefined) wrong.push(inWords(event));
    else match.left--;
  }
  const missed = left.flatMap((one) =>
    Array.from({ length: one.left }, () => `${one.pod} ${one.container} ${one.reason} ${one.severity}`),
  );
  const expected = scenario.expected.reduce((sum, { count }) => sum + count, 0);
  const unexplained = (scenario.silent ?? [])
    .filter((one) => !isShown(one, decisions, pods))
    .map(({ pod, because }) => `${pod} silent${because === undefined ? '' : ` because of ${because}`}`);
  return { scenario, expected, found: expected - missed.length, missed, false: wrong, unexplained };
}

export function eventsOf(decisions: readonly Decision[]): WireEvent[] {
  return decisions.flatMap(({ decision, event }) => (decision === 'append' && event !== undefined ? [event] : []));
}

function isSo(expected: Expected, event: WireEvent): boolean {
  return (
    event.type === 'failure' &&
    event.reason === expected.reason &&
    event.severity === expected.severity &&
    event.container_name === expected.container &&
    matchesName(expected.pod, event.name)
  );
}

function inWords({ type, name, container_name: container, reason, severity }: WireEvent): string {
  return `${type} ${name} ${container} ${reason} ${severity}`;
}

function isShown({ pod, because }: Silent, decisions: readonly Decision[], pods: ReadonlySet<string>): boolean {
  if (because === undefined) return [...pods].some((name) => matchesName(pod, name));
  return decisions.some(
    ({ decision, reason, event, name }) =>
      decision !== 'append' && reason === because && matchesName(pod, event?.name ?? name ?? ''),
  );
}

/** Nothing is missed, nothing false, and what was silent was so for the reason it should be. */
export function isPerfect(score: Score): boolean {
  return score.missed.length + score.false.length + score.unexplained.length === 0;
}
