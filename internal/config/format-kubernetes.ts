/**
 * Formats of names: of this cluster at the plane, and of objects of Kubernetes (RFC 1123 labels and subdomains, label
 * keys and values, as apimachinery's validation has them).
 */
import { line, problemOf, valueOf, type Format, type Parsed } from './format.ts';
import { quoted } from './problems.ts';

/** A label that a namespace has to carry to be watched. */
export interface LabelRequirement {
  readonly key: string;
  readonly value: string;
}

/** One of `count` parts of a cluster; `index` counts from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_WORD = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const MOST_SHARDS = 64;
const LONGEST_NAME = 253;

/** The name of a namespace. */
export function namespaceName(): Format<string> {
  return line('NAMESPACE', (text) =>
    DNS_LABEL.test(text)
      ? undefined
      : problemOf(
          `${quoted(text)} is no name of a namespace`,
          'use lower case letters, digits and -, at most 63 of them',
        ),
  );
}

/** The name of a pod, node or Lease. */
export function objectName(): Format<string> {
  return line('NAME', (text) =>
    isSubdomain(text)
      ? undefined
      : problemOf(`${quoted(text)} is no name of an object`, 'use lower case letters, digits, - and ., at most 253'),
  );
}

function isSubdomain(text: string): boolean {
  return text.length <= LONGEST_NAME && text.split('.').every((part) => DNS_LABEL.test(part));
}

/** The cluster's name at the plane: it becomes part of a path there, so it can't be a dot segment or hold a slash. */
export function clusterId(): Format<string> {
  return line('NAME', (text) => {
    if (Buffer.byteLength(text) > LONGEST_NAME) return problemOf('is longer than 253 bytes', 'choose a shorter name');
    if (/[/\\]/.test(text)) return problemOf(`${quoted(text)} holds a slash`, 'use another character, such as -');
    if (text === '.' || text === '..') return problemOf(`${quoted(text)} is no name`, 'use letters and digits');
    if (!text.isWellFormed() || /[\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) {
      return problemOf(`${quoted(text)} holds characters that can't be seen`, 'remove them');
    }
    return undefined;
  });
}

/** `key` (which means key=true) or `key=value`. */
export function labelRequirement(): Format<LabelRequirement> {
  return {
    placeholder: 'KEY[=VALUE]',
    parse: (text) => {
      const [, key = '', value = 'true'] = /^([^=]*)(?:=(.*))?$/su.exec(text) ?? [];
      if (!isLabelKey(key)) return problemOf(`${quoted(text)} has no valid label key`, 'write it like team/watch=true');
      if (value !== '' && !LABEL_WORD.test(value)) {
        return problemOf(`${quoted(text)} has no valid label value`, 'use at most 63 letters, digits, -, _ and .');
      }
      return valueOf(Object.freeze({ key, value }));
    },
    show: ({ key, value }) => `${key}=${value}`,
  };
}

function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  return (slash === -1 || isSubdomain(key.slice(0, slash))) && LABEL_WORD.test(key.slice(slash + 1));
}

/** `0/2`: the first of two parts. */
export function shard(): Format<Shard> {
  return {
    placeholder: 'I/N',
    parse: (text): Parsed<Shard> => {
      const [, index, count] = /^(\d{1,3})\/(\d{1,3})$/.exec(text) ?? [];
      const parsed = { index: Number(index), count: Number(count) };
      if (parsed.index < parsed.count && parsed.count <= MOST_SHARDS) return valueOf(Object.freeze(parsed));
      return problemOf(`${quoted(text)} is not a shard`, `write it like 0/2: from 0, of at most ${MOST_SHARDS}`);
    },
    show: ({ index, count }) => `${index}/${count}`,
  };
}
