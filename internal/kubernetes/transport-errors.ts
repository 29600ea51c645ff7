/**
 * Turns what Node throws while talking to a server into a CodedError. Keeps what is coded already, and never repeats
 * a header, a body or the userinfo of an address.
 */
import { CodedError, describeError } from '../platform/errors.ts';

/** Codes of Node and OpenSSL that say "reached, but not trusted or not TLS" (measured on Node 24). */
const tlsCodes =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO)/;

/** `doing` names what was tried, such as `GET /api/v1/pods at https://10.0.0.1:6443`. */
export function transportError(error: unknown, doing: string): CodedError {
  if (error instanceof CodedError) return error;
  const { code, message } = describeError(error);
  const text = message.includes(code) || code === 'Error' ? message : `${message} (${code})`;
  const tls = tlsCodes.test(code) || tlsCodes.test(causeCode(error));
  return new CodedError(tls ? 'API_TLS' : 'API_UNREACHABLE', `${doing}: ${text}`, { cause: error });
}

function causeCode(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? describeError(error.cause).code : '';
}

/** An Error to destroy a stream with, from whatever a signal carries as its reason. */
export function asError(reason: unknown): Error {
  return reason instanceof Error
    ? reason
    : new DOMException(typeof reason === 'string' ? reason : 'aborted', 'AbortError');
}
