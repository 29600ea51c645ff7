// A plane client that answers from a script, for tests of what calls it: no network, every call remembered.
import type { Exchange } from '../../internal/restate/exchange.ts';
import type { PlaneCall, PlaneClient } from '../../internal/restate/plane-client.ts';

export interface StubPlane {
  readonly client: PlaneClient;
  readonly calls: PlaneCall[];
  /** Bodies of the calls so far, parsed. */
  readonly bodies: () => unknown[];
}

/** Answers with `answers` in turn, the last one for ever. */
export function stubPlane(...answers: readonly Exchange[]): StubPlane {
  const calls: PlaneCall[] = [];
  const call = (request: PlaneCall): Promise<Exchange> => {
    calls.push(request);
    const answer = answers[Math.min(calls.length, answers.length) - 1];
    return answer === undefined ? Promise.reject(new Error('no answer scripted')) : Promise.resolve(answer);
  };
  return {
    client: { call, close: () => Promise.resolve() },
    calls,
    bodies: () => calls.map(({ body }) => (body === undefined ? undefined : parsed(body))),
  };
}

function parsed(body: Uint8Array): unknown {
  return JSON.parse(Buffer.from(body).toString()) as unknown;
}

/** An answer as the client gives it. */
export function answered(status: number, body: unknown = {}, source?: 'ingress' | 'invocation'): Exchange {
  return {
    kind: 'answer',
    status,
    errorSource: source,
    isFromRestate: status < 300,
    contentType: 'application/json',
    retryAfter: undefined,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    isBodyCut: false,
  };
}

export const unreachable: Exchange = { kind: 'failure', cause: 'network', detail: 'ECONNREFUSED' };
