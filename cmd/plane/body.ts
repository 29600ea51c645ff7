/**
 * Bodies of calls, checked as a whole before anything of them counts. What is wrong comes back as a terminal error that
 * says where: 400 for what is no JSON, 413 for too much, 422 for what breaks the schema. An agent halves a batch on these
 * until the wrong event is alone.
 */
import { isUtf8 } from 'node:buffer';
import { TerminalError, type Serde } from '@restatedev/restate-sdk';
import { z } from 'zod';

/** More than an agent ever sends (1 MiB), less than what Restate's memory could be filled with. */
const BODY_BYTES = 4 * 1024 * 1024;

/** The bytes of a JSON body as they came. `schema` is for the catalogue of the admin API; parseBody checks. */
export function jsonBytes(schema: z.ZodType): Serde<Uint8Array> {
  return {
    contentType: 'application/json',
    jsonSchema: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
    serialize: (bytes) => bytes,
    deserialize: (bytes) => bytes,
  };
}

/**
 * Parses and checks a body. What `isSurelyValid` says yes to, the schema is not asked about. Throws a TerminalError.
 */
export function parseBody<T>(schema: z.ZodType<T>, body: Uint8Array, isSurelyValid?: (json: unknown) => json is T): T {
  if (body.length > BODY_BYTES) throw new TerminalError(`more than ${BODY_BYTES} bytes`, { errorCode: 413 });
  const json = parseJson(body);
  if (isSurelyValid?.(json) === true) return json;
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new TerminalError(firstIssue(parsed.error), { errorCode: 422 });
}

function parseJson(body: Uint8Array): unknown {
  try {
    if (isUtf8(body)) return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString()) as unknown;
  } catch {
    // Told below, without the parser's words: they quote the body.
  }
  throw new TerminalError('the body is not JSON in UTF-8', { errorCode: 400 });
}

/** Where and what, without the value: it may be long, and is somebody else's. */
function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : '';
  return `/${(issue?.path ?? []).join('/')}: ${issue?.message ?? 'invalid'}${more}`.slice(0, 300);
}
