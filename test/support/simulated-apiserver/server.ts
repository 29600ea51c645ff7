/**
 * SimulatedApiServer: a Kubernetes API server in this process, for speed, for faults and for the demo.
 *
 *   await using server = await SimulatedApiServer.start();
 *   server.put(pods, { metadata: { name: 'web-0', namespace: 'shop' }, spec: { … }, status: { … } });
 *   server.faults.add({ verb: 'watch', resource: 'pods' }, { kind: 'reset-in-frame', afterFrames: 3 });
 *   const watch = await server.watches.opened({ resource: 'pods' });
 *
 * It promises to behave as kube-apiserver 1.36 does in what test/contract/apiserver-cases.ts names, over HTTP/1.1 and
 * HTTP/2. It has no admission, no validation of specs, no controllers: nothing happens by itself.
 */
import { systemClock, type Clock } from '../../../internal/platform/clock.ts';
import { systemRandom, type Random } from '../../../internal/platform/random.ts';
import { Authorization, everything, type User } from './authorization.ts';
import type { Encoder, EncoderFactory } from './encoder.ts';
import type { ServerParts, ServerTiming } from './exchange.ts';
import { FaultQueue } from './faults.ts';
import { jsonMetadata, jsonObjects } from './json-encoder.ts';
import { kubeconfigText, writeKubeconfig } from './kubeconfig.ts';
import { Listener } from './listener.ts';
import { ObjectStore } from './object-store.ts';
import { timestamp, withMeta, type KubernetesObject } from './objects.ts';
import { PodLogs } from './pod-log-store.ts';
import { handleRequest } from './request-handler.ts';
import { RequestLog, type RequestMatcher } from './request-log.ts';
import { defaultResources, namespaces, type ResourceDefinition } from './resources.ts';
import type { BodySource, StoredObject } from './stored-object.ts';
import { WatchRegistry } from './watch-registry.ts';
import { namespaceBody } from './write-rules.ts';
import { CertificateAuthority, type KeyAndCertificate } from './x509.ts';

export interface SimulatedApiServerOptions {
  readonly clock?: Clock;
  readonly random?: Random;
  /** Beside `admin`, who may do everything with `server.adminToken`. */
  readonly users?: readonly User[];
  /** Beside those of resources.ts: custom resources, for instance. */
  readonly resources?: readonly ResourceDefinition[];
  /** Default: JSON of whole objects and of their metadata. */
  readonly encoders?: readonly EncoderFactory[];
  /** False: plain HTTP/1.1. */
  readonly tls?: boolean;
  /** Names and addresses in the certificate; default those of the loopback. */
  readonly certificateHosts?: readonly string[];
  readonly certificateNotAfterMs?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Events kept of each resource; default 20,000. */
  readonly historyLimit?: number;
  readonly timing?: Partial<ServerTiming>;
  /** What /version names; default one of the minor it is modelled on. */
  readonly gitVersion?: string;
}

export interface KubeconfigOptions {
  /** Default admin. */
  readonly user?: string;
  /** The context's namespace. */
  readonly namespace?: string;
  readonly context?: string;
  /** A client certificate instead of the token. */
  readonly withCertificate?: boolean;
}

/** As kube-apiserver has them by default. */
const defaultTiming: ServerTiming = {
  bookmarkEveryMs: 60_000,
  coalesceMs: 0,
  minWatchMs: 1_800_000,
  futureRevisionWaitMs: 3000,
};

const LOOPBACK = ['localhost', '127.0.0.1', '::1', 'kubernetes', 'kubernetes.default.svc'];
const ADMIN = 'admin';

export class SimulatedApiServer implements AsyncDisposable {
  readonly store: ObjectStore;
  readonly faults = new FaultQueue();
  readonly logs = new PodLogs();
  readonly requests = new RequestLog();
  readonly watches = new WatchRegistry();
  readonly authorization: Authorization;
  readonly authority: CertificateAuthority;
  readonly clock: Clock;
  readonly adminToken: string;
  readonly #listener: Listener;
  readonly #isTls: boolean;
  readonly #hosts: readonly string[];
  readonly #encoders: readonly Encoder[];

  private constructor(options: SimulatedApiServerOptions) {
    const { clock = systemClock(), random = systemRandom(), historyLimit = 20_000 } = options;
    this.clock = clock;
    this.adminToken = random.hex(16);
    this.#isTls = options.tls ?? true;
    this.#hosts = options.certificateHosts ?? LOOPBACK;
    this.authority = new CertificateAuthority(clock.now());
    this.#encoders = (options.encoders ?? [jsonObjects, jsonMetadata]).map((make, slot) => make(slot));
    this.store = new ObjectStore({
      clock,
      historyLimit,
      resources: [...defaultResources, ...(options.resources ?? [])],
    });
    const admin = { name: ADMIN, token: this.adminToken, groups: ['system:masters'], rules: everything };
    this.authorization = new Authorization([admin, ...(options.users ?? [])]);
    this.#listener = this.#createListener(options, this.#parts(options, clock, random));
    this.store.onCommit((definition) => this.watches.wake(definition));
  }

  /** Listens, with the namespaces a new cluster has. */
  static async start(options: SimulatedApiServerOptions = {}): Promise<SimulatedApiServer> {
    const server = new SimulatedApiServer(options);
    for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) server.ensureNamespace(name);
    await server.#listener.listen();
    return server;
  }

  get url(): string {
    return `${this.#isTls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return this.#listener.port;
  }

  /** The authority's certificate, for clients to trust. */
  get caPem(): string {
    return this.authority.certificatePem;
  }

  get openConnections(): number {
    return this.#listener.openConnections;
  }

  get acceptedConnections(): number {
    return this.#listener.acceptedConnections;
  }

  /** Creates or replaces an object, and its namespace where that is missing. Nothing is checked. */
  put(definition: ResourceDefinition, source: BodySource): StoredObject {
    const { metadata } = typeof source === 'function' ? source() : source;
    if (definition.isNamespaced) this.ensureNamespace(metadata.namespace ?? '');
    return this.store.put(definition, source);
  }

  /** Makes a namespace where there is none; with `labels`, gives it exactly those beside its name. */
  ensureNamespace(name: string, labels?: Readonly<Record<string, string>>): StoredObject {
    const known = this.store.get(namespaces, name);
    if (known !== undefined && labels === undefined) return known;
    return this.store.put(
      namespaces,
      namespaceBody({ metadata: { name, ...(labels === undefined ? {} : { labels }) } }),
    );
  }

  /** As the namespace's controller does it: Terminating, then everything in it goes, then the namespace itself. */
  deleteNamespace(name: string): void {
    this.store.modify(namespaces, name, '', (body: KubernetesObject) => ({
      ...body,
      metadata: withMeta(body.metadata, { deletionTimestamp: timestamp(this.clock.now()) }),
      status: { phase: 'Terminating' },
    }));
    for (const definition of this.store.resources.filter((one) => one.isNamespaced)) {
      const inside = [...this.store.historyOf(definition).values()].filter((object) => object.namespace === name);
      for (const object of inside) this.store.remove(definition, object.name, name);
    }
    this.store.remove(namespaces, name);
  }

  /** Encodes all objects of a resource now, so that the first list measures sending alone. The encodings made. */
  encodeAhead(definition: ResourceDefinition, mediaType = 'application/json'): number {
    const encoder = this.#encoders.find((one) => one.mediaType === mediaType && one.view === 'object');
    if (encoder === undefined) throw new Error(`this server does not speak ${mediaType}`);
    let count = 0;
    for (const object of this.store.historyOf(definition).values()) {
      encoder.event('ADDED', object);
      count += 1;
    }
    return count;
  }

  /** Forgets all but the last `keepLast` writes: what lists and watches from before get is 410. */
  compact(keepLast = 0): void {
    this.store.compact(keepLast);
  }

  /** Sends a bookmark down every open watch that matches, whether it asked for bookmarks or not. */
  sendBookmarks(matcher: RequestMatcher = {}): void {
    for (const watch of this.watches.open(matcher)) watch.sendBookmark();
  }

  /** Resets every connection. New ones are welcome at once. */
  cutConnections(): void {
    this.#listener.cutAll();
  }

  /** Goes away: connections are reset, new ones refused. What is stored stays. */
  stopListening(): Promise<void> {
    return this.#listener.stop();
  }

  /** Comes back on the same port. */
  listen(): Promise<void> {
    return this.#listener.listen();
  }

  /** Presents another certificate from now on: of another authority, expired, or for other hosts. */
  useCertificate(certificate: KeyAndCertificate): void {
    this.#listener.useCertificate(certificate);
  }

  /** A client certificate that stands for a user. */
  certificateFor(user: string): KeyAndCertificate {
    return this.authority.issue({ commonName: user, usage: 'client' });
  }

  kubeconfig(options: KubeconfigOptions = {}): string {
    return kubeconfigText(this.#kubeconfigWishes(options));
  }

  /** Returns the path. */
  writeKubeconfig(path: string, options: KubeconfigOptions = {}): string {
    return writeKubeconfig(path, this.#kubeconfigWishes(options));
  }

  /** Ends everything. Doing it twice is harmless. */
  async close(): Promise<void> {
    for (const watch of this.watches.open()) watch.end();
    await this.#listener.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #kubeconfigWishes({ user = ADMIN, namespace, context = 'simulated', withCertificate = false }: KubeconfigOptions) {
    const known = this.authorization.named(user);
    if (known === undefined) throw new Error(`no user ${user}`);
    const token = withCertificate ? undefined : known.token;
    return {
      url: this.url,
      caPem: this.#isTls ? this.caPem : '',
      context,
      user,
      ...(token === undefined ? {} : { token }),
      ...(withCertificate ? { certificate: this.certificateFor(user) } : {}),
      ...(namespace === undefined ? {} : { namespace }),
    };
  }

  #parts(options: SimulatedApiServerOptions, clock: Clock, random: Random): ServerParts {
    const encoders = this.#encoders;
    const { store, logs, faults, requests, watches, authorization } = this;
    const timing = { ...defaultTiming, ...options.timing };
    const { gitVersion = 'v1.36.3-simulated' } = options;
    return { store, logs, faults, requests, watches, authorization, encoders, clock, random, timing, gitVersion };
  }

  #createListener(options: SimulatedApiServerOptions, parts: ServerParts): Listener {
    const listener = new Listener({
      host: options.host ?? '127.0.0.1',
      port: options.port ?? 0,
      tls: this.#isTls ? { ...this.#serverCertificate(options), clientCaPem: this.caPem } : undefined,
      onRequest: (request, response) => void handleRequest(parts, request, response, () => listener.cut(request)),
    });
    return listener;
  }

  #serverCertificate({ certificateNotAfterMs }: SimulatedApiServerOptions): KeyAndCertificate {
    return this.authority.issue({
      commonName: 'kube-apiserver',
      usage: 'server',
      hosts: this.#hosts,
      ...(certificateNotAfterMs === undefined ? {} : { notAfterMs: certificateNotAfterMs, notBeforeMs: 0 }),
    });
  }
}
