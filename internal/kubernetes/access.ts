/**
 * May we? Asked of the API server by SelfSubjectAccessReview (authorization.k8s.io/v1), which every authenticated user
 * may create. Rights can change at any time, so an answer decides how to begin, never whether a 403 can come later.
 */
import { CodedError } from '../platform/errors.ts';
import { statusError, type Subject } from './transport-status.ts';
import type { ApiTransport } from './transport.ts';

export type Access =
  | { readonly allowed: true }
  /** `reason` is the server's, often ''. */
  | { readonly allowed: false; readonly reason: string };

const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const TIMEOUT_MS = 10_000;

/** Rejects with a CodedError where the server could not be asked or gave no answer that makes sense. */
export async function canI(transport: ApiTransport, subject: Subject, signal?: AbortSignal): Promise<Access> {
  const answer = await transport.request(
    { method: 'POST', path, body: review(subject) },
    { timeoutMs: TIMEOUT_MS, maxBytes: 64 * 1024, ...(signal === undefined ? {} : { signal }) },
  );
  if (answer.status < 200 || answer.status > 299) {
    throw statusError({ verb: 'create', resource: 'selfsubjectaccessreviews', group: 'authorization.k8s.io' }, answer);
  }
  return accessIn(answer.body);
}

/** True if every one of `verbs` is allowed; the questions are asked at once. */
export async function canIAll(
  transport: ApiTransport,
  verbs: readonly Subject['verb'][],
  about: Omit<Subject, 'verb'>,
  signal?: AbortSignal,
): Promise<boolean> {
  const answers = await Promise.all(verbs.map((verb) => canI(transport, { ...about, verb }, signal)));
  return answers.every((answer) => answer.allowed);
}

function review(subject: Subject): unknown {
  const [resource, subresource] = subject.resource.split('/');
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        verb: subject.verb,
        group: subject.group,
        resource,
        ...(subresource === undefined ? {} : { subresource }),
        ...(subject.namespace === undefined ? {} : { namespace: subject.namespace }),
        ...(subject.name === undefined ? {} : { name: subject.name }),
      },
    },
  };
}

function accessIn(body: Buffer): Access {
  try {
    const { status } = JSON.parse(body.toString('utf8')) as { status?: { allowed?: unknown; reason?: unknown } };
    if (status?.allowed === true) return { allowed: true };
    if (status !== undefined) return { allowed: false, reason: typeof status.reason === 'string' ? status.reason : '' };
  } catch {
    // Said below, in the same words as an answer without a status.
  }
  throw new CodedError('API_ANSWER_INVALID', `POST ${path}: no review in the answer`);
}
