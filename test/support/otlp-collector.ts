/**
 * A collector that takes OTLP over HTTP in JSON: a real server, which reads what comes as the specification has it and
 * answers what a test tells it to. A fault lasts until it is taken back.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { json as jsonOf } from 'node:stream/consumers';

export type CollectorFault =
  | { readonly kind: 'answer'; readonly status: number; readonly type?: string; readonly body?: string }
  /** Not one byte. */
  | { readonly kind: 'hang' }
  /** The head of a success, and a blank now and then, for ever. */
  | { readonly kind: 'drip' }
  /** The head of a success, and bytes without end. */
  | { readonly kind: 'flood' }
  | { readonly kind: 'reset' };

export interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly status: { readonly code?: number; readonly message?: string };
}

export interface OtlpPoint {
  readonly attributes?: readonly OtlpAttribute[];
  readonly asDouble?: number;
  readonly asInt?: number | string;
  readonly count?: number | string;
  readonly sum?: number;
  readonly bucketCounts?: readonly (number | string)[];
  readonly explicitBounds?: readonly number[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

export interface OtlpMetric {
  readonly name: string;
  readonly description?: string;
  readonly sum?: { readonly dataPoints: readonly OtlpPoint[]; readonly isMonotonic: boolean };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly histogram?: { readonly dataPoints: readonly OtlpPoint[] };
}

interface Body {
  readonly resourceSpans?: readonly Resourced<{ readonly scopeSpans: readonly { readonly spans: OtlpSpan[] }[] }>[];
  readonly resourceMetrics?: readonly Resourced<{ scopeMetrics: readonly { readonly metrics: OtlpMetric[] }[] }>[];
}

type Resourced<T> = T & { readonly resource: { readonly attributes: readonly OtlpAttribute[] } };

export interface OtlpRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Body;
}

const DRIP_EVERY_MS = 50;

export class OtlpCollector implements AsyncDisposable {
  readonly requests: OtlpRequest[] = [];
  fault: CollectorFault | undefined;
  connections = 0;
  readonly #server: Server;
  readonly #scheme: string;

  private constructor(server: Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
    server.on('connection', () => this.connections++);
    server.on('request', (request, response) => void this.#serve(request, response).catch(() => response.destroy()));
  }

  /** `port` 0 is any; with `tls` it speaks nothing else. */
  static async start(port = 0, tls?: { readonly cert: string; readonly key: string }): Promise<OtlpCollector> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    const collector = new OtlpCollector(server, tls === undefined ? 'http' : 'https');
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return collector;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get spans(): OtlpSpan[] {
    return this.requests.flatMap(({ body }) =>
      (body.resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    );
  }

  /** Of the last export. */
  get metrics(): ReadonlyMap<string, OtlpMetric> {
    const last = this.requests.findLast(({ path }) => path === '/v1/metrics');
    const all = (last?.body.resourceMetrics ?? []).flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap((s) => s.metrics),
    );
    return new Map(all.map((metric) => [metric.name, metric]));
  }

  /** Who sent the last export of this path. */
  resource(path: string): Record<string, unknown> {
    const body = this.requests.findLast((request) => request.path === path)?.body;
    const [first] = [...(body?.resourceMetrics ?? []), ...(body?.resourceSpans ?? [])];
    return attributesOf(first?.resource.attributes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { fault } = this;
    if (fault?.kind === 'reset') {
      request.socket.destroy();
      return;
    }
    const body = (await jsonOf(request)) as Body;
    this.requests.push({ path: request.url ?? '', headers: request.headers, body });
    answer(response, fault);
  }
}

function answer(response: ServerResponse, fault: Exclude<CollectorFault, { kind: 'reset' }> | undefined): void {
  switch (fault?.kind) {
    case undefined:
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      return;
    case 'answer':
      response.writeHead(fault.status, { 'content-type': fault.type ?? 'application/json' }).end(fault.body ?? '{}');
      return;
    case 'hang':
      return;
    case 'drip':
    case 'flood': {
      response.writeHead(200, { 'content-type': 'application/json' });
      const bytes = Buffer.alloc(fault.kind === 'drip' ? 1 : 64 * 1024, ' ');
      const timer = setInterval(() => response.write(bytes), fault.kind === 'drip' ? DRIP_EVERY_MS : 1);
      response.on('close', () => clearInterval(timer)).on('error', () => undefined);
    }
  }
}

/** As plain values. */
export function attributesOf(attributes: readonly OtlpAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.doubleValue]),
  );
}
