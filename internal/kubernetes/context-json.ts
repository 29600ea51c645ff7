/** The JSON of an answer that must be one. */
import { CodedError } from '../platform/errors.ts';

/** Throws API_ANSWER_INVALID, without a word of the body. */
export function parseBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new CodedError('API_ANSWER_INVALID', 'an answer that is not JSON');
  }
}
