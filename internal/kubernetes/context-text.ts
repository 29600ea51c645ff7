/**
 * Text that strangers wrote, such as a container's log, made fit to be told: without colours, without secrets, with control
 * characters written out, and of bounded length. In this order: a secret is found before the text is cut or escaped, as
 * half a secret looks like none.
 */
import type { Redactor } from '../platform/redact.ts';

const ESCAPE = String.raw`\u001b`;
/** ECMA-48: control sequences, and strings such as window titles and links. Bounded, so that time is linear. */
const SEQUENCES = new RegExp(
  String.raw`${ESCAPE}\[[0-?]{0,64}[ -/]{0,8}[@-~]|${ESCAPE}\][^\u0007\u001b]{0,512}(?:\u0007|${ESCAPE}\\)`,
  'gu',
);
/** Also what turns the direction of text round, and line ends that JSON and terminals see differently. */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
/** The redactor takes out 4,096 characters of a secret: what follows without a break is the rest of it. */
const REST_OF_A_SECRET = /\[redacted\][\w+/=.~-]+/g;

/** `text` without colours and secrets; control characters but tabs and line ends are written out. */
export function cleanText(text: string, redact: Redactor): string {
  const plain = text.replace(SEQUENCES, '').replaceAll('\r\n', '\n').toWellFormed();
  return redact(plain).replace(REST_OF_A_SECRET, '[redacted]').replace(UNSEEN, writtenOut);
}

function writtenOut(character: string): string {
  if (character === '\n' || character === '\t') return character;
  const code = character.charCodeAt(0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
}

/** The last `lines` of `text`, as many of them whole as `bytes` of UTF-8 hold; of a single longer one its end. */
export function lastLines(text: string, lines: number, bytes: number): { text: string; isCut: boolean } {
  const wanted = text.replace(/\n$/, '').split('\n').slice(-lines).join('\n');
  const encoded = Buffer.from(wanted);
  if (encoded.length <= bytes) return { text: wanted, isCut: false };
  let start = encoded.length - bytes;
  while (start < encoded.length && ((encoded[start] ?? 0) & 0xc0) === 0x80) start++;
  const lineEnd = encoded.indexOf('\n', start - 1);
  return { text: encoded.toString('utf8', lineEnd < 0 ? start : lineEnd + 1), isCut: true };
}
