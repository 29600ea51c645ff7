// Requests to the test cluster's API server: JSON over TLS with the cluster's CA, as the administrator unless a token is given.
//
// A plain helper for arranging and looking at things in tests, on purpose not the agent's own client.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

/** How a single request differs from the usual. */
export interface RequestOptions {
  /** Whose token to show instead of the administrator's. */
  readonly token?: string;
  /** Body type; PATCH without it is a merge patch (RFC 7396), the rest JSON. */
  readonly contentType?: string;
}

/** An answer outside 2xx, with the Status object of the API server where it sent one. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(what: string, status: number, body: unknown) {
    const { message } = (typeof body === 'object' ? (body ?? {}) : {}) as { message?: string };
    super(`${what}: ${status} ${message ?? String(body)}`);
    this.name = 'ApiError';
    this.status = status;
    this.body = body;
  }
}

/** Sends requests to one API server. */
export interface ApiClient {
  /** Sends a request; the parsed answer (text where it isn't JSON). Rejects with ApiError outside 2xx. */
  readonly api: <T = unknown>(method: string, path: string, body?: unknown, options?: RequestOptions) => Promise<T>;
  /** Drops idle connections, which a restarted server no longer knows. */
  readonly disconnect: () => void;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Outgoing {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

function send(outgoing: Outgoing, agent: Agent): Promise<Answer> {
  const { method, headers } = outgoing;
  return new Promise((resolve, reject) => {
    const outgoingRequest = request(outgoing.url, { method, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    outgoingRequest.once('error', reject);
    outgoingRequest.end(outgoing.body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function headersOf(method: string, token: string, contentType: string | undefined): Record<string, string> {
  const usual = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': contentType ?? usual };
}

/** A client of the server at `url`; the CA file is read with the first request, once the server has made it. */
export function createApiClient(url: string, caFile: string, adminToken: string): ApiClient {
  let agent: Agent | undefined;
  return {
    api: async <T>(method: string, path: string, body?: unknown, options: RequestOptions = {}) => {
      agent ??= new Agent({ keepAlive: true, ca: readFileSync(caFile) });
      const headers = headersOf(method, options.token ?? adminToken, options.contentType);
      const text = body === undefined ? undefined : JSON.stringify(body);
      const answer = await send({ method, url: `${url}${path}`, headers, body: text }, agent);
      const parsed = parse(answer.text);
      if (answer.status < 200 || answer.status > 299) throw new ApiError(`${method} ${path}`, answer.status, parsed);
      return parsed as T;
    },
    disconnect: () => {
      agent?.destroy();
      agent = undefined;
    },
  };
}
