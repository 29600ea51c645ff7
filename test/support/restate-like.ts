// How the ingress of Restate 1.7 answers, in memory: paths, idempotency keys, and whose error an error is. Only what the
// contract cases hold against the real server (test/contract/restate-ingress-cases.ts); no durability, no time.
import type { IncomingHttpHeaders } from 'node:http';
import { privateProbeHandlers, ProbeError, probeHandlers, type ProbeState } from './probe-handlers.ts';

export interface LikeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface LikeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Target {
  readonly service: string;
  readonly key: string;
  readonly handler: string;
  readonly isSend: boolean;
}

/** An execution, finished or not; a second call under its key waits for it and gets its answer. */
type Execution = Promise<LikeAnswer>;

/** Largest body, as the real server has it by default. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

/** Times a crashing handler is run before it is killed. */
const ATTEMPTS = 2;

export class RestateLike {
  readonly executed: {
    readonly service: string;
    readonly key: string;
    readonly handler: string;
    readonly body: string;
  }[] = [];
  readonly #executions = new Map<string, Execution>();
  readonly #states = new Map<string, ProbeState>();
  readonly #bodyLimitBytes: number;
  #invocations = 0;

  constructor(bodyLimitBytes = BODY_LIMIT_BYTES) {
    this.#bodyLimitBytes = bodyLimitBytes;
  }

  async handle(request: LikeRequest): Promise<LikeAnswer> {
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) return refusal;
    const target = targetOf(request.path);
    if (target === undefined || !isKnown(target)) return ingressError(404, 'service or handler not found');
    if (isPrivate(target)) return ingressError(400, 'the invoked service is not public');
    return this.#invoke(target, request);
  }

  #refusalOf({ method, body }: LikeRequest): LikeAnswer | undefined {
    if (method !== 'GET' && method !== 'POST') return ingressError(405, 'method not allowed');
    if (body.length <= this.#bodyLimitBytes) return undefined;
    return { status: 413, headers: { 'content-type': 'text/plain' }, body: 'length limit exceeded' };
  }

  async #invoke(target: Target, request: LikeRequest): Promise<LikeAnswer> {
    const idempotencyKey = request.headers['idempotency-key'];
    const scope = JSON.stringify([target.service, target.key, target.handler, idempotencyKey ?? ++this.#invocations]);
    const known = this.#executions.get(scope);
    const execution = known ?? this.#execute(target, request.body.toString());
    this.#executions.set(scope, execution);
    if (!target.isSend) return execution;
    const status = known === undefined ? 'Accepted' : 'PreviouslyAccepted';
    return success(202, JSON.stringify({ invocationId: 'inv_1', status }));
  }

  async #execute(target: Target, body: string): Promise<LikeAnswer> {
    this.executed.push({ service: target.service, key: target.key, handler: target.handler, body });
    if (target.service !== 'Probe') return success(200, JSON.stringify(contractAnswers[target.handler]));
    const state = this.#states.get(target.key) ?? { count: 0 };
    this.#states.set(target.key, state);
    const handler = probeHandlers[target.handler];
    for (let attempt = 1; ; attempt++) {
      try {
        const output = await handler?.(state, body === '' ? undefined : (JSON.parse(body) as unknown));
        return success(200, output === undefined ? '' : JSON.stringify(output));
      } catch (error) {
        if (error instanceof SyntaxError) return invocationError(400, 'Failed to deserialize input');
        if (error instanceof ProbeError) return invocationError(error.status, error.message);
        if (attempt === ATTEMPTS) return invocationError(500, String(error));
      }
    }
  }
}

/** Handlers of the contract, for tests that need a plane and not its insides. */
const contractAnswers: Readonly<Record<string, unknown>> = {
  Enroll: { enrolled: true },
  Heartbeat: {},
  Get: { dedup_cooldown_seconds: 0, batch_size: 0, batch_flush_ms: 0, enabled_reasons: [] },
  onPodEvent: { received: 1 },
  onPodEvents: { received: 1 },
  onOpenIncidents: { closed: 0 },
};
const contractServices: Readonly<Record<string, readonly string[]>> = {
  ClusterService: ['Enroll', 'Heartbeat'],
  ConfigService: ['Get'],
  ProjectService: ['onPodEvent', 'onPodEvents', 'onOpenIncidents'],
  Probe: [...Object.keys(probeHandlers), ...privateProbeHandlers],
};

function targetOf(path: string): Target | undefined {
  const segments = (path.split('?', 1)[0] ?? '').split('/').filter((segment) => segment !== '');
  const isVersioned = segments[0] === 'restate';
  const [mode, ...rest] = isVersioned ? segments.slice(1) : ['call', ...segments];
  const isSend = isVersioned ? mode === 'send' : rest.at(-1) === 'send';
  const parts = (isVersioned || !isSend ? rest : rest.slice(0, -1)).map(decodeURIComponent);
  const [service = '', ...more] = parts;
  const isKeyed = service !== 'ClusterService';
  if (more.length !== (isKeyed ? 2 : 1)) return undefined;
  const [key = '', handler = ''] = isKeyed ? more : ['', ...more];
  return { service, key, handler, isSend };
}

function isKnown({ service, handler }: Target): boolean {
  return contractServices[service]?.includes(handler) ?? false;
}

function isPrivate({ service, handler }: Target): boolean {
  return service === 'Probe' && privateProbeHandlers.has(handler);
}

function success(status: number, body: string): LikeAnswer {
  const type: Record<string, string> = body === '' ? {} : { 'content-type': 'application/json' };
  return { status, headers: { ...type, 'x-restate-id': 'inv_1' }, body };
}

function ingressError(status: number, message: string): LikeAnswer {
  return errorOf(status, message, 'ingress');
}

function invocationError(status: number, message: string): LikeAnswer {
  return errorOf(status, message, 'invocation');
}

function errorOf(code: number, message: string, source: string): LikeAnswer {
  const headers = { 'content-type': 'application/json', 'x-restate-error-source': source };
  return { status: code, headers, body: JSON.stringify({ code, message, source }) };
}
