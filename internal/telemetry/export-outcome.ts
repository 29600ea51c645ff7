/**
 * What came of one export. The exporters tell success or failure only, and take any answer below 300 for success: what a
 * collector really said is in the head of its answer. Pure.
 */

export type ExportOutcome =
  | 'accepted'
  /** 429 or 5xx: it has too much to do, or is about to come up. */
  | 'busy'
  /** 401, 403 or 407. */
  | 'unauthorized'
  /** 3xx, which is never followed. */
  | 'redirected'
  /** A web page, or 404 and 405: nothing there takes OTLP. */
  | 'not-a-collector'
  /** Any other status. */
  | 'refused'
  /** No answer in time. */
  | 'timeout'
  /** No connection. */
  | 'unreachable'
  /** The file with its headers can't be used. */
  | 'no-headers'
  /** Given up before it was sent: a trace without room, metrics that could not be read. */
  | 'dropped';

/** The head of an answer. */
export interface CollectorAnswer {
  readonly status: number;
  readonly contentType: string;
}

export interface ExportEnd {
  /** What the exporter says. */
  readonly isSuccess: boolean;
  /** The last one in this export, if there was any. */
  readonly answer: CollectorAnswer | undefined;
  /** It was cut at its deadline. */
  readonly isCut: boolean;
  /** Of the error, '' where it has none: that of a request without an answer in time. */
  readonly errorCode: string;
}

export function exportOutcome({ isSuccess, answer, isCut, errorCode }: ExportEnd): ExportOutcome {
  if (errorCode === 'OTLP_HEADERS_UNREADABLE') return 'no-headers';
  if (isCut) return 'timeout';
  if (answer === undefined) return isSuccess ? 'accepted' : errorCode === '' ? 'timeout' : 'unreachable';
  if (answer.contentType.includes('html')) return 'not-a-collector';
  if (answer.status < 300) return isSuccess ? 'accepted' : 'refused';
  return ofStatus(answer.status);
}

function ofStatus(status: number): ExportOutcome {
  if (status < 400) return 'redirected';
  if (status === 401 || status === 403 || status === 407) return 'unauthorized';
  if (status === 404 || status === 405) return 'not-a-collector';
  return status === 429 || status >= 500 ? 'busy' : 'refused';
}
