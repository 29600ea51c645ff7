/**
 * Durations as Go programs read and write them (time.ParseDuration): `500ms`, `5s`, `1m30s`, `1.5h`. A number without a
 * unit is refused, since some mean seconds by it and some milliseconds. Held as whole Ms; nothing finer is accepted.
 */
import { problemOf, valueOf, type Bounds, type Format, type Parsed } from './format.ts';
import { quoted } from './problems.ts';

const NS_PER_MS = 1_000_000n;
const UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: NS_PER_MS,
  s: 1_000n * NS_PER_MS,
  m: 60_000n * NS_PER_MS,
  h: 3_600_000n * NS_PER_MS,
};
const PART = /(\d{1,15})(?:\.(\d{1,9}))?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;
const EXAMPLE = 'write it like 500ms, 5s, 1m30s or 2h';

/** A duration within bounds, in Ms. */
export function duration({ min, max }: Bounds): Format<number> {
  return {
    placeholder: 'DURATION',
    parse: (text) => {
      const parsed = parseDuration(text);
      if (parsed.kind === 'problem' || (parsed.value >= min && parsed.value <= max)) return parsed;
      return problemOf(`${text} is out of range`, `choose from ${formatDuration(min)} to ${formatDuration(max)}`);
    },
    show: formatDuration,
  };
}

/** The Ms that `text` means. */
export function parseDuration(text: string): Parsed<number> {
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return problemOf(`${quoted(text)} has no unit`, `write ${unitRemedy(text)}`);
  if (text.startsWith('-')) return problemOf(`${quoted(text)} is negative`, EXAMPLE);
  const ns = sumOfParts(text);
  if (ns === undefined) return problemOf(`${quoted(text)} is not a duration`, misspelling(text));
  if (ns % NS_PER_MS !== 0n) return problemOf(`${quoted(text)} is finer than a millisecond`, EXAMPLE);
  const ms = Number(ns / NS_PER_MS);
  return Number.isSafeInteger(ms) ? valueOf(ms) : problemOf(`${quoted(text)} is too long`, EXAMPLE);
}

function sumOfParts(text: string): bigint | undefined {
  let sum = 0n;
  PART.lastIndex = 0;
  if (text === '' || text.length > 64) return undefined;
  while (PART.lastIndex < text.length) {
    const part = PART.exec(text);
    if (part === null) return undefined;
    sum += partNs(part[1] ?? '', part[2] ?? '', part[3] ?? '');
  }
  return sum;
}

/** Digits past a nanosecond are cut off, as Go does. */
function partNs(digits: string, fraction: string, unit: string): bigint {
  const unitNs = UNIT_NS[unit] ?? 0n;
  const scale = 10n ** BigInt(fraction.length);
  return (BigInt(digits + fraction) * unitNs) / scale;
}

function unitRemedy(number: string): string {
  const plain = number.replace(/^[+-]/, '').slice(0, 15);
  return `${plain}s for seconds or ${plain}ms for milliseconds`;
}

function misspelling(text: string): string {
  if (/\d\s*d(ays?)?$/.test(text)) return 'days are written in hours, such as 24h';
  return EXAMPLE;
}

/** The shortest text that parseDuration reads as `ms`: 90000 is 1m30s, 1500 is 1.5s, 250 is 250ms. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return ms === 0 ? '0s' : `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const restMs = ms % 60_000;
  const seconds = `${Math.floor(restMs / 1000)}${restMs % 1000 === 0 ? '' : fractionOf(restMs % 1000)}s`;
  return `${hours === 0 ? '' : `${hours}h`}${minutes === 0 ? '' : `${minutes}m`}${restMs === 0 ? '' : seconds}`;
}

function fractionOf(ms: number): string {
  return `.${String(ms).padStart(3, '0').replace(/0+$/, '')}`;
}
