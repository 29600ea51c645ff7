/**
 * What a fault means to the reflector. Whatever is thrown or answered while listing and watching becomes one `Failure`,
 * by status and code, never by the words of a message, save one that Kubernetes marks in no other way.
 */
import { CodedError } from '../platform/errors.ts';
import { ApiStatusError } from './transport-status.ts';

export type Failure =
  /** No answer: connection, TLS, credentials, time-out. */
  | { readonly kind: 'unreachable' }
  /** 5xx, as an answer or as a Status within a stream; or something on the way answered in the server's place. */
  | { readonly kind: 'unavailable' }
  /** 429. `retryAfterMs` is 0 where the server named no time. */
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }
  /** 401 or 403. */
  | { readonly kind: 'denied' }
  /** 410: the resourceVersion or the continue token is too old. */
  | { readonly kind: 'expired' }
  /** The resourceVersion is newer than the server's data (another replica of it, or a restored backup). */
  | { readonly kind: 'ahead' }
  /** 406 or 415: this wire format is not to be had. */
  | { readonly kind: 'unacceptable' }
  /** Any other 4xx. */
  | { readonly kind: 'refused' }
  /** What came can't be read. */
  | { readonly kind: 'broken' }
  /** A JSON page beyond the limit. */
  | { readonly kind: 'too-large' }
  /** No byte within the deadline. */
  | { readonly kind: 'idle' }
  /** A streamed list whose end was never announced: the server doesn't know how. */
  | { readonly kind: 'unannounced' };

export type FailureKind = Failure['kind'];

/** Not an answer of the API server's, such as a proxy's page: it says nothing of the wire format that was asked for. */
export class ForeignAnswer extends CodedError {
  constructor(detail: string) {
    super('API_ANSWER_INVALID', detail);
  }
}

/** Never throws; what it doesn't know counts as unreachable. */
export function classify(error: unknown): Failure {
  if (error instanceof ApiStatusError) return ofStatus(error);
  if (error instanceof ForeignAnswer) return { kind: 'unavailable' };
  if (!(error instanceof CodedError)) return { kind: 'unreachable' };
  switch (error.code) {
    case 'WATCH_FRAME_TOO_LARGE':
    case 'WATCH_FRAME_INVALID':
    case 'WATCH_OBJECT_INVALID':
    case 'API_ANSWER_INVALID':
      return { kind: 'broken' };
    case 'API_ANSWER_TOO_LARGE':
      return { kind: 'too-large' };
    case 'WATCH_IDLE':
      return { kind: 'idle' };
    case 'LIST_UNANNOUNCED':
      return { kind: 'unannounced' };
    default:
      return { kind: 'unreachable' };
  }
}

function ofStatus(error: ApiStatusError): Failure {
  const { status } = error;
  if (status === 410) return { kind: 'expired' };
  if (status === 429) return { kind: 'throttled', retryAfterMs: error.retryAfterMs ?? 0 };
  if (status === 401 || status === 403) return { kind: 'denied' };
  if (status === 406 || status === 415) return { kind: 'unacceptable' };
  // apiserver storage/errors.go, NewTooLargeResourceVersionError: a 504 told apart by its message alone on older servers.
  if (status === 504 && /too large resource version/i.test(error.detail)) return { kind: 'ahead' };
  return status >= 400 && status < 500 ? { kind: 'refused' } : { kind: 'unavailable' };
}
