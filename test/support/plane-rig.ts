// A plane client as the agent builds it, for tests: real clock, no jitter to speak of, observer that remembers.
import { systemClock } from '../../internal/platform/clock.ts';
import type { DeliveryOutcome } from '../../internal/pipeline/delivery.ts';
import { fileCredentials, type CredentialFiles } from '../../internal/restate/plane-credentials.ts';
import { createPlaneClient, type PlaneClient, type PlaneClientOptions } from '../../internal/restate/plane-client.ts';
import type { PlaneObserver } from '../../internal/restate/plane-observer.ts';
import type { BreakerState } from '../../internal/restate/breaker.ts';
import { outcomeOf } from '../../internal/restate/outcome.ts';

/** Remembers all it is told. */
export interface RememberingObserver extends PlaneObserver {
  readonly requests: { readonly handler: string; readonly code: string; readonly durationMs: number }[];
  readonly deliveries: { readonly outcome: DeliveryOutcome; readonly attempts: number }[];
  readonly breakerStates: BreakerState['kind'][];
  readonly settings: string[];
}

export function rememberingObserver(): RememberingObserver {
  const observer: RememberingObserver = {
    requests: [],
    deliveries: [],
    breakerStates: [],
    settings: [],
    request: (handler, code, durationMs) => void observer.requests.push({ handler, code, durationMs }),
    delivered: (outcome, attempts) => void observer.deliveries.push({ outcome, attempts }),
    breakerChanged: (state) => void observer.breakerStates.push(state.kind),
    settingsFetched: (result) => void observer.settings.push(result),
  };
  return observer;
}

export interface ClientRig {
  readonly client: PlaneClient;
  readonly observer: RememberingObserver;
}

/** A client for `url`; close it with the test. */
export function clientFor(
  url: string,
  parts: Partial<Omit<PlaneClientOptions, 'credentials'>> & { readonly files?: CredentialFiles } = {},
): ClientRig {
  const { files = {}, clock = systemClock(), ...options } = parts;
  const observer = rememberingObserver();
  const client = createPlaneClient({
    url,
    pathPrefix: '',
    agentVersion: 'test',
    timeoutMs: 5_000,
    credentials: fileCredentials(files, clock),
    clock,
    observer,
    ...options,
  });
  return { client, observer };
}

/** Calls a handler of the probe (or another target) and says what came of it. */
export async function ask(
  client: PlaneClient,
  target: readonly string[],
  parts: {
    readonly body?: unknown;
    readonly raw?: string;
    readonly key?: string;
    readonly mode?: 'call' | 'send';
  } = {},
): Promise<{ readonly outcome: DeliveryOutcome; readonly status: number; readonly body: string }> {
  const text = parts.raw ?? (parts.body === undefined ? undefined : JSON.stringify(parts.body));
  const answer = await client.call({
    target,
    ...(text === undefined ? {} : { body: Buffer.from(text) }),
    ...(parts.key === undefined ? {} : { idempotencyKey: parts.key }),
    ...(parts.mode === undefined ? {} : { mode: parts.mode }),
  });
  const outcome = outcomeOf(answer, systemClock().now());
  return answer.kind === 'answer'
    ? { outcome, status: answer.status, body: answer.body }
    : { outcome, status: 0, body: answer.detail };
}

/** `kind reason` of an outcome, with the key for a retry. */
export function named(outcome: DeliveryOutcome): string {
  return outcome.kind === 'retry' ? `retry ${outcome.reason} ${outcome.key}` : `${outcome.kind} ${outcome.reason}`;
}
