/**
 * The other end of the control socket: asks a running agent about its outbox. An answer that is an error comes back as
 * the CodedError it was there. Nobody listening, or a socket file left by a killed agent, is `undefined` and no error:
 * then the outbox file itself can be opened.
 */
import { request } from 'node:http';
import { CodedError, type ErrorCode } from '../platform/errors.ts';
import { errorTable } from '../platform/error-table.ts';
import type { LevelDocument } from './control-level.ts';
import { controlSocketPath, type ControlPage, type ControlSource, type SupportDocument } from './control.ts';

const TIMEOUT_MS = 30_000;
/** A page of 200 events of 8 KiB, each byte escaped, and some. */
const MOST_ANSWER_BYTES = 32 * 1024 * 1024;
/** Nobody is there: no file, a stale one, or none that is a socket. */
const NOBODY: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR']);

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Asks for the status, to see who is there. Rejects with CONTROL_UNREACHABLE where someone is and may not be asked. */
export async function connectControl(dir: string): Promise<ControlClient | undefined> {
  const path = controlSocketPath(dir);
  const client = clientOf(path);
  try {
    await client.status();
    return client;
  } catch (error) {
    if (error instanceof CodedError && NOBODY.has(systemCode(error.cause))) return undefined;
    throw error;
  }
}

/** A ControlSource, all of it. */
export type ControlClient = Required<ControlSource>;

function clientOf(path: string): ControlClient {
  const ask = async (method: string, url: string, body?: object): Promise<object> => {
    const answer = await exchange(path, method, url, body).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CodedError('CONTROL_UNREACHABLE', `${path}: ${why}`, { cause });
    });
    return read(path, answer);
  };
  return {
    status: () => ask('GET', '/v1/outbox'),
    waiting: (page) => ask('GET', `/v1/outbox/waiting?${queryOf(page)}`),
    quarantine: (page) => ask('GET', `/v1/outbox/quarantine?${queryOf(page)}`),
    coalesced: () => ask('GET', '/v1/outbox/coalesced'),
    gathered: () => ask('GET', '/v1/outbox/gathered'),
    requeue: (eventIds) => ask('POST', '/v1/outbox/requeue', { event_ids: eventIds }),
    logLevel: async () => (await ask('GET', '/v1/log-level')) as LevelDocument,
    changeLogLevel: async (level, forMs) =>
      (await ask('POST', '/v1/log-level', { level, for_ms: forMs })) as LevelDocument,
    support: async () => (await ask('GET', '/v1/support')) as SupportDocument,
    explain: (namespace, name) => ask('GET', `/v1/explain?${new URLSearchParams({ namespace, name }).toString()}`),
  };
}

const queryOf = ({ after, limit, bodies }: ControlPage): string => `after=${after}&limit=${limit}&bodies=${bodies}`;

function read(path: string, { status, text }: Answer): object {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = undefined;
  }
  if (typeof answer !== 'object' || answer === null) {
    throw new CodedError('CONTROL_UNREACHABLE', `${path}: what answers is no agent`);
  }
  if (status === 200) return answer;
  const { code, detail } = answer as { readonly code?: string; readonly detail?: string };
  const isKnown = code !== undefined && Object.hasOwn(errorTable, code);
  throw new CodedError(isKnown ? (code as ErrorCode) : 'INTERNAL', `the agent answers: ${detail ?? `HTTP ${status}`}`);
}

function exchange(socketPath: string, method: string, path: string, body: object | undefined): Promise<Answer> {
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const headers = sent === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const asked = request({ socketPath, method, path, headers, signal, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MOST_ANSWER_BYTES) response.destroy(new Error('the answer is too long'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    asked.on('error', reject);
    asked.end(sent);
  });
}

function systemCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
