/**
 * The headers for a collector, from a file that is read at each export, so that a rotated token counts at once. Nothing of
 * its content is ever part of an error.
 */
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { CodedError, describeError } from '../platform/errors.ts';

const MOST_BYTES = 16 * 1024;
/** RFC 9110, 5.1 and 5.5. */
const LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)$/;
/** The request's own. */
const OURS = new Set([
  ...['host', 'connection', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding', 'user-agent'],
]);

/** Rejects with OTLP_HEADERS_UNREADABLE. */
export async function readHeaders(file: string): Promise<Record<string, string>> {
  try {
    return parseHeaders(await text(createReadStream(file, { end: MOST_BYTES })));
  } catch (cause) {
    throw new CodedError('OTLP_HEADERS_UNREADABLE', `${file}: ${describeError(cause).message}`, { cause });
  }
}

/** One `NAME: VALUE` a line; empty lines don't count. Throws an error that says which line is none. */
export function parseHeaders(content: string): Record<string, string> {
  if (content.length > MOST_BYTES) throw new Error(`the file is larger than ${MOST_BYTES} bytes`);
  const headers: Record<string, string> = {};
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [, name = '', value = ''] = LINE.exec(line.trim()) ?? [];
    if (name === '') throw new Error(`line ${index + 1} is no header as NAME: VALUE`);
    if (OURS.has(name.toLowerCase())) throw new Error(`line ${index + 1} is a header that the agent sets itself`);
    headers[name] = value;
  }
  if (Object.keys(headers).length === 0) throw new Error('the file holds no header');
  return headers;
}
