/**
 * What a contract case gets, and what a server must offer to be put to the contract. The cases (apiserver-*-cases.ts) know
 * nothing of which server answers them.
 */
import type { Asked, Answer, ContractClient, Json } from './apiserver-client.ts';

/** A server under contract. */
export interface ContractServer extends AsyncDisposable {
  readonly name: string;
  /** Its minor version, as "1.36". */
  readonly kubernetes: string;
  readonly url: string;
  readonly caPem: string;
  readonly adminToken: string;
  /** `reader` may list and watch pods in the namespace `readable`, `stranger` may do nothing. */
  readonly tokenOf: (user: 'reader' | 'stranger') => string;
  /** Forgets its history: every revision before this call is expired. Connections may break. */
  readonly expireHistory: () => Promise<void>;
}

/** One promise of an API server. */
export interface ContractCase {
  /** A sentence. */
  readonly promise: string;
  /** Only of servers that stream lists (WatchList), or only of those that don't; absent: of all. */
  readonly ifStreaming?: boolean;
  readonly run: (stage: Stage) => Promise<void>;
}

let namespaceCount = 0;

/** What a case plays on: a client, and a namespace of its own. */
export class Stage {
  readonly server: ContractServer;
  readonly client: ContractClient;
  readonly namespace: string;

  constructor(server: ContractServer, client: ContractClient) {
    this.server = server;
    this.client = client;
    namespaceCount += 1;
    this.namespace = `contract-${namespaceCount}`;
  }

  /** Makes the namespace. */
  async open(): Promise<void> {
    await this.ok('/api/v1/namespaces', { method: 'POST', body: { metadata: { name: this.namespace } } });
  }

  get podsPath(): string {
    return `/api/v1/namespaces/${this.namespace}/pods`;
  }

  get leasesPath(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.namespace}/leases`;
  }

  request(path: string, asked?: Asked): Promise<Answer> {
    return this.client.request(path, asked);
  }

  /** The body of an answer that must be a success. */
  async ok(path: string, asked: Asked = {}): Promise<Json> {
    const { status, json, text } = await this.client.request(path, asked);
    if (status < 200 || status > 299) throw new Error(`${asked.method ?? 'GET'} ${path}: ${status} ${text}`);
    return json;
  }

  /** Creates pods one after the other; their bodies as answered. */
  async createPods(names: readonly string[], extra: PodExtra = {}): Promise<Json[]> {
    const made: Json[] = [];
    for (const name of names) {
      const body = podBody(name, extra);
      made.push(await this.ok(this.podsPath, { method: 'POST', body }));
    }
    return made;
  }

  patchPod(name: string, patch: object, subresource = ''): Promise<Json> {
    const contentType = 'application/merge-patch+json';
    return this.ok(`${this.podsPath}/${name}${subresource}`, { method: 'PATCH', contentType, body: patch });
  }

  /** Removes a pod for good. */
  deletePod(name: string): Promise<Json> {
    return this.ok(`${this.podsPath}/${name}?gracePeriodSeconds=0`, { method: 'DELETE' });
  }

  list(query = '', asked: Asked = {}): Promise<Json> {
    return this.ok(`${this.podsPath}?${query}`, asked);
  }

  /** The revision a list of the namespace's pods is of. */
  async revision(): Promise<string> {
    return (await this.list('limit=1')).metadata.resourceVersion;
  }
}

export interface PodExtra {
  readonly labels?: Readonly<Record<string, string>>;
  readonly nodeName?: string;
}

/** The least that a real API server takes for a pod. */
export function podBody(name: string, { labels, nodeName }: PodExtra = {}): object {
  const containers = [{ name: 'main', image: 'registry.example/app:1' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    spec: { containers, terminationGracePeriodSeconds: 0, ...(nodeName === undefined ? {} : { nodeName }) },
  };
}

/** Names of a list's items, in order. */
export function namesOf(list: Json): string[] {
  return list.items.map((item) => item.metadata.name ?? '');
}
