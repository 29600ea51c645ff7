/**
 * What an outcome means to an operator: a code of the error table with its remedy, beside the words the plane used.
 * Used wherever an outcome leaves the pipeline: the log, /readyz, `watcher test-event`.
 */
import type { DeliveryOutcome, RefusalReason, RetryReason } from '../pipeline/delivery.ts';
import { CodedError, type ErrorCode } from '../platform/errors.ts';

type Trouble = Exclude<DeliveryOutcome, { kind: 'accepted' }>;

const retryCodes: Record<RetryReason, ErrorCode> = {
  network: 'PLANE_UNREACHABLE',
  timeout: 'PLANE_TIMEOUT',
  'breaker-open': 'PLANE_BREAKER_OPEN',
  'ingress-busy': 'PLANE_BUSY',
  'ingress-error': 'PLANE_INGRESS_FAILED',
  'invocation-failed': 'PLANE_HANDLER_FAILED',
  'unexpected-answer': 'PLANE_ANSWER_UNEXPECTED',
};

const refusalCodes: Record<RefusalReason, ErrorCode> = {
  unauthorized: 'PLANE_UNAUTHORIZED',
  'not-registered': 'PLANE_NOT_REGISTERED',
  redirected: 'PLANE_REDIRECTED',
  'not-the-plane': 'PLANE_NOT_A_PLANE',
  'bad-request': 'PLANE_BAD_REQUEST',
};

/** The coded error for anything but success. */
export function planeProblem(outcome: Trouble): CodedError {
  return new CodedError(codeOf(outcome), outcome.detail);
}

function codeOf(outcome: Trouble): ErrorCode {
  switch (outcome.kind) {
    case 'retry':
      return retryCodes[outcome.reason];
    case 'split':
      return outcome.reason === 'too-large' ? 'PLANE_TOO_LARGE' : 'PLANE_INVALID';
    case 'refused':
      return refusalCodes[outcome.reason];
  }
}
