/**
 * The sentence a finding carries: what Kubernetes said, with the cause of it first where it is known. Always
 * well-formed Unicode of at most MESSAGE_BYTES; redaction comes later and elsewhere.
 */
import { Buffer } from 'node:buffer';
import { MESSAGE_BYTES, REASON_BYTES } from '../platform/limits.ts';
import type { Termination } from './pod-facts.ts';

const ELLIPSIS = '…';
const MOST_BYTES_OF_A_CODE_UNIT = 3;

/** `text` in at most `limitBytes` of UTF-8, cut at a character's edge with an ellipsis, lone surrogates replaced. */
export function boundedText(text: string, limitBytes: number = MESSAGE_BYTES): string {
  if (text.length * MOST_BYTES_OF_A_CODE_UNIT <= limitBytes) return text.toWellFormed();
  const wellFormed = text.slice(0, limitBytes + 1).toWellFormed();
  if (wellFormed.length === text.length && Buffer.byteLength(wellFormed) <= limitBytes) return wellFormed;
  return cutAtCharacter(wellFormed, limitBytes - Buffer.byteLength(ELLIPSIS)) + ELLIPSIS;
}

/** A reason, bounded; runtimes may write anything there. */
export function boundedReason(reason: string): string {
  return boundedText(reason, REASON_BYTES);
}

/** The names a finding passes the filter under: each once, in this order, bounded. */
export function familyNames(...names: readonly string[]): string[] {
  return [...new Set(names.filter((name) => name !== '').map(boundedReason))];
}

/** Bytes of a character that was cut decode to the replacement character, of which there is then at most one, at the end. */
function cutAtCharacter(text: string, limitBytes: number): string {
  const bytes = Buffer.from(text);
  let end = Math.min(limitBytes, bytes.length);
  while (end > 0 && isContinuation(bytes[end])) end--;
  return bytes.toString('utf8', 0, end);
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

const SIGNAL_CODES: ReadonlyMap<number, string> = new Map([
  [134, 'SIGABRT'],
  [137, 'SIGKILL, cause unknown'],
  [139, 'SIGSEGV'],
  [143, 'SIGTERM, cause unknown'],
]);

/** How an attempt ended: `exit code 137 (OOMKilled, signal 9): message`. */
export function exitMessage(exit: Termination): string {
  const how = [exit.reason || 'Error', ...howStopped(exit)].join(', ');
  const text = exit.message.trim();
  return boundedText(`exit code ${exit.exitCode} (${how})${text === '' ? '' : `: ${text}`}`);
}

/**
 * By which signal, where that is known. 128 + n is what runtimes and shells write for signal n; who sent a SIGKILL or
 * SIGTERM (a probe, the kernel for a child's memory, the process itself) the pod doesn't say.
 */
function howStopped({ exitCode, signal, reason }: Termination): string[] {
  if (signal !== 0) return [`signal ${signal}`];
  if (reason !== 'Error' && reason !== '') return [];
  const known = SIGNAL_CODES.get(exitCode);
  return known === undefined ? [] : [known];
}

/** A back-off with the exit that caused it: what the operator would look up next. */
export function loopMessage(waitingMessage: string, exit: Termination | undefined): string {
  const cause = exit === undefined ? 'cause unknown' : `last ${exitMessage(exit)}`;
  return boundedText(waitingMessage === '' ? cause : `${cause}; ${waitingMessage}`);
}
