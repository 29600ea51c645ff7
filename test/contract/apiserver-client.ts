/**
 * The bare client of the contract cases: one request or one watch at a time, over HTTP/1.1 or HTTP/2, with nothing in between
 * that could hide what the server says. On purpose not the agent's own.
 */
import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createInterface } from 'node:readline';

export type Protocol = 'HTTP/1.1' | 'HTTP/2';

export interface Target {
  readonly url: string;
  readonly caPem: string;
}

export interface Asked {
  readonly method?: string;
  readonly token?: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: unknown;
  /** Other headers, in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** An empty object where it isn't JSON. */
  readonly json: Json;
  readonly text: string;
}

/**
 * What a server says, as the cases look at it: the fields they read, each of which may be missing or something else.
 * Nothing is checked here; that is what the cases are for.
 */
export interface Json {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: JsonMeta;
  readonly items: readonly [Json, ...Json[]];
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: {
    readonly phase: string;
    readonly message: string;
    readonly allowed: boolean;
    readonly resourceRules: readonly JsonRule[];
  };
  readonly message: string;
  readonly reason: string;
  readonly code: number;
  readonly details: { readonly uid: string; readonly causes: readonly [JsonCause] };
  readonly major: string;
  readonly minor: string;
}

interface JsonMeta {
  readonly name?: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount: number;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp: string;
  readonly deletionGracePeriodSeconds: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface JsonCause {
  readonly reason: string;
  readonly field: string;
}

interface JsonRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
}

export interface WatchEvent {
  readonly type: string;
  readonly object: Json;
}

/** An open watch. */
export interface OpenWatch {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** The next event; undefined at the end. Rejects where the stream breaks. */
  next(): Promise<WatchEvent | undefined>;
  /** Events up to and with the first for which `isLast` holds. Rejects where the watch ends before. */
  until(isLast: (event: WatchEvent) => boolean): Promise<WatchEvent[]>;
  close(): void;
}

interface Incoming {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readable;
  readonly abort: () => void;
  /** True where the body ended because the connection broke, which Node doesn't say by an error over HTTP/2. */
  readonly isBroken: () => boolean;
}

export class ContractClient {
  readonly protocol: Protocol;
  readonly #target: Target;
  readonly #token: string;
  #agent: Agent | undefined;
  #session: ClientHttp2Session | undefined;

  constructor(target: Target, protocol: Protocol, token: string) {
    this.#target = target;
    this.#token = token;
    this.protocol = protocol;
  }

  async request(path: string, asked: Asked = {}): Promise<Answer> {
    const { status, headers, body, isBroken } = await this.#send(path, asked);
    const text = (await buffer(body)).toString('utf8');
    if (isBroken()) throw new Error('the connection broke inside the answer');
    return { status, headers, text, json: parse(text) };
  }

  async watch(path: string, asked: Asked = {}): Promise<OpenWatch> {
    const { status, headers, body, abort, isBroken } = await this.#send(path, asked);
    const lines = createInterface({ input: body })[Symbol.asyncIterator]();
    const next = async (): Promise<WatchEvent | undefined> => {
      const line = await lines.next();
      if (line.done !== true) return JSON.parse(line.value) as WatchEvent;
      if (isBroken()) throw new Error('the connection broke inside the watch');
      return undefined;
    };
    const until = async (isLast: (event: WatchEvent) => boolean): Promise<WatchEvent[]> => {
      const seen: WatchEvent[] = [];
      for (let event = await next(); event !== undefined; event = await next()) {
        seen.push(event);
        if (isLast(event)) return seen;
      }
      throw new Error(`the watch ended after ${JSON.stringify(seen.map((event) => event.type))}`);
    };
    return { status, headers, next, until, close: abort };
  }

  /** Ends all connections. The next request opens new ones. */
  close(): void {
    this.#agent?.destroy();
    this.#session?.destroy();
    this.#agent = undefined;
    this.#session = undefined;
  }

  #send(path: string, asked: Asked): Promise<Incoming> {
    const payload = asked.body === undefined ? undefined : toBytes(asked.body);
    const token = asked.token ?? this.#token;
    const headers = {
      'user-agent': 'contract',
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(asked.accept === undefined ? {} : { accept: asked.accept }),
      // Node frames the body of a DELETE by nothing unless its length is given.
      ...(payload === undefined ? {} : { 'content-length': String(payload.length) }),
      ...(payload === undefined ? {} : { 'content-type': asked.contentType ?? 'application/json' }),
      ...asked.headers,
    };
    const method = asked.method ?? 'GET';
    return this.protocol === 'HTTP/2'
      ? this.#sendHttp2(method, path, headers, payload)
      : this.#sendHttp1(method, path, headers, payload);
  }

  #sendHttp1(method: string, path: string, headers: Record<string, string>, payload?: Buffer): Promise<Incoming> {
    this.#agent ??= new Agent({ keepAlive: true, ca: this.#target.caPem });
    const agent = this.#agent;
    return new Promise((resolve, reject) => {
      const request = httpsRequest(`${this.#target.url}${path}`, { method, headers, agent }, (response) => {
        response.on('error', () => undefined);
        const abort = (): void => void request.destroy();
        const isBroken = (): boolean => !response.complete;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response, abort, isBroken });
      });
      request.on('error', reject);
      request.end(payload);
    });
  }

  #sendHttp2(method: string, path: string, headers: Record<string, string>, payload?: Buffer): Promise<Incoming> {
    const session = this.#openSession();
    return new Promise((resolve, reject) => {
      const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: !payload });
      stream.on('error', reject);
      stream.once('response', (answered) => {
        const abort = (): void => stream.close(constants.NGHTTP2_CANCEL);
        // Measured on Node 24: a reset connection ends its streams with this code, without 'error' or 'aborted'.
        const isBroken = (): boolean => stream.rstCode !== constants.NGHTTP2_NO_ERROR;
        resolve({ status: Number(answered[':status']), headers: answered, body: stream, abort, isBroken });
      });
      if (payload !== undefined) stream.end(payload);
    });
  }

  #openSession(): ClientHttp2Session {
    if (this.#session === undefined || this.#session.destroyed || this.#session.closed) {
      this.#session = connect(this.#target.url, { ca: this.#target.caPem });
      this.#session.on('error', () => undefined);
    }
    return this.#session;
  }
}

const toBytes = (body: unknown): Buffer => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {} as Json;
  }
}
