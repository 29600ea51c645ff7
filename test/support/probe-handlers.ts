// A small service for asking an ingress how it behaves: the same handlers on the real Restate server (probe-endpoint.ts)
// and behind the scripted ingress (scripted-ingress.ts), so that one set of cases can hold both to the same answers.
//
// A handler gets the parsed body and its object's number, which it may change; what it throws is either an answer of its
// own (ProbeError) or a crash.

export interface ProbeState {
  count: number;
}

/** What Restate calls a terminal error: an answer with this status, remembered under the call's idempotency key. */
export class ProbeError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type ProbeHandler = (state: ProbeState, input: unknown) => unknown;

/** Service `Probe`, an object. */
export const probeHandlers: Readonly<Record<string, ProbeHandler>> = {
  /** Adds one and answers with the new number. */
  count: (state) => ++state.count,
  /** Answers with the number, changing nothing. */
  read: (state) => state.count,
  /** Answers with the body. */
  echo: (_state, input) => input,
  /** Answers with nothing at all. */
  nothing: () => undefined,
  /** Answers with the error of this status. */
  fail: (_state, input) => {
    const status = numberOf(input);
    throw new ProbeError(status, `the probe was asked for ${status}`);
  },
  /** Fails with 422 the first time and succeeds from then on. */
  failOnce: (state) => {
    state.count += 1;
    if (state.count === 1) throw new ProbeError(422, 'the first time fails');
    return state.count;
  },
  /** Throws what is no answer: retried a few times, then killed. */
  crash: () => {
    throw new Error('the probe crashed\n    at secret/place.ts:1');
  },
  /** Adds one after so many Ms. */
  slow: async (state, input) => {
    await new Promise((resolve) => setTimeout(resolve, numberOf(input)));
    return ++state.count;
  },
};

/** Cannot be called through the ingress. */
export const privateProbeHandlers: ReadonlySet<string> = new Set(['hidden']);

function numberOf(input: unknown): number {
  if (typeof input !== 'number') throw new ProbeError(400, 'the probe wants a number');
  return input;
}
