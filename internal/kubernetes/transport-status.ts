/**
 * What an answer that isn't a 2xx means: Kubernetes sends a Status object (apimachinery, meta/v1 types.go); proxies and
 * load balancers send anything. Both become one error that names verb, resource and namespace, so that whoever
 * grants rights needs no second look.
 */
import { CodedError, type ErrorCode } from '../platform/errors.ts';
import { LONGEST_WAIT_MS } from '../platform/limits.ts';
import { isEnvelope, openEnvelope, readStatus } from './protobuf-envelope.ts';
import { ProtobufReader } from './protobuf-reader.ts';
import type { ApiResponse, ApiStream } from './transport.ts';

/** What a request was about, in the words of RBAC. */
export interface Subject {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  /** Plural, with its subresource if any: `pods`, `leases`. */
  readonly resource: string;
  /** '' for the core group. */
  readonly group: string;
  /** Undefined for the whole cluster or a resource without namespaces. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** An answer with a status outside 2xx. `reason` is Kubernetes' own word, '' where the answer held none. */
export class ApiStatusError extends CodedError {
  readonly status: number;
  readonly reason: string;
  /** How long the server asked us to wait, at most LONGEST_WAIT_MS; undefined if it asked for nothing sensible. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, detail: string, facts: { status: number; reason: string; retryAfterMs?: number }) {
    super(code, detail);
    this.name = 'ApiStatusError';
    this.status = facts.status;
    this.reason = facts.reason;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

const ERROR_BODY_BYTES = 64 * 1024;
const MESSAGE_CHARACTERS = 500;

/** The error that an answer outside 2xx stands for. */
export function statusError(
  subject: Subject,
  answer: Pick<ApiResponse, 'status' | 'headers' | 'body'>,
): ApiStatusError {
  const told = parseStatus(answer.body);
  const retryAfterMs = retryAfter(answer.headers['retry-after']) ?? retryAfter(told.retryAfterSeconds);
  const because = told.message === '' ? '' : `: ${told.message}`;
  return new ApiStatusError(codeOf(answer.status), `${describeSubject(subject)} answered ${answer.status}${because}`, {
    status: answer.status,
    reason: told.reason,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The same for a stream that began with such a status: reads a little of its body and ends it. */
export async function streamStatusError(subject: Subject, stream: ApiStream): Promise<ApiStatusError> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream.chunks) {
      parts.push(chunk);
      size += chunk.length;
      if (size >= ERROR_BODY_BYTES) break;
    }
  } catch {
    // The status has been told; a body that broke off adds nothing to it.
  }
  return statusError(subject, { status: stream.status, headers: stream.headers, body: Buffer.concat(parts) });
}

/** `list pods in namespace team-a`, `update leases.coordination.k8s.io watcher-leader-lock in namespace agents`. */
export function describeSubject(subject: Subject): string {
  const resource = subject.group === '' ? subject.resource : `${subject.resource}.${subject.group}`;
  const name = subject.name === undefined ? '' : ` ${subject.name}`;
  const where = subject.namespace === undefined ? 'in the cluster' : `in namespace ${subject.namespace}`;
  return `${subject.verb} ${resource}${name} ${where}`;
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return 'API_UNAUTHORIZED';
  if (status === 403) return 'API_FORBIDDEN';
  if (status === 429 || status >= 500) return 'API_FAILED';
  return 'API_REFUSED';
}

function retryAfter(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value;
  if (typeof seconds !== 'number' || !(seconds > 0)) return undefined;
  return Math.min(seconds * 1000, LONGEST_WAIT_MS);
}

/** A Status in whichever format was asked for; '' for whatever isn't one. */
function parseStatus(body: Buffer): { reason: string; message: string; retryAfterSeconds: unknown } {
  const { reason, message, details } = decode(body);
  return {
    reason: typeof reason === 'string' ? reason : '',
    message: typeof message === 'string' ? message.slice(0, MESSAGE_CHARACTERS) : '',
    retryAfterSeconds: (details as { retryAfterSeconds?: unknown } | null | undefined)?.retryAfterSeconds,
  };
}

function decode(body: Buffer): { reason?: unknown; message?: unknown; details?: unknown } {
  try {
    if (isEnvelope(body, 0, body.length)) return decodeProtobuf(body);
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function decodeProtobuf(body: Buffer): Record<string, unknown> {
  const reader = new ProtobufReader();
  return openEnvelope(reader, body, 0, body.length) === 'Status' ? readStatus(reader) : {};
}
