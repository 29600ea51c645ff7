/**
 * An API server of pods in memory, behind ApiTransport, for model tests: lists, watches from a resourceVersion, keeps a
 * history until it is compacted, and sends its bytes in whatever pieces a test likes, as JSON or as protobuf. No sockets
 * and no timers. What is asked while it is down is reset.
 */
import type { WireFormat } from '../../internal/kubernetes/resource.ts';
import type { ApiRequest, ApiStream, ApiTransport, StreamOptions } from '../../internal/kubernetes/transport.ts';
import type { Json } from './pod-json.ts';
import { encodePod } from './protobuf-pod.ts';
import { encodeList, envelope, watchFrame } from './protobuf-writer.ts';
import { ScriptedCall } from './scripted-transport.ts';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** A frame in pieces. */
export type Cut = (frame: Buffer) => readonly Buffer[];

interface PodEvent {
  readonly version: number;
  readonly frame: Buffer;
}

const POD_LIST = { apiVersion: 'v1', kind: 'PodList' };

export class PodServer implements ApiTransport {
  isDown = false;
  readonly #format: WireFormat;
  readonly #cut: Cut;
  readonly #pods = new Map<string, Json>();
  readonly #watches = new Set<ScriptedCall>();
  #history: PodEvent[] = [];
  #compactedTo = 0;
  #version = 100;

  constructor(format: WireFormat, cut: Cut) {
    this.#format = format;
    this.#cut = cut;
  }

  stream(request: ApiRequest, options: StreamOptions): Promise<ApiStream> {
    const call = new ScriptedCall(request, options);
    if (this.isDown) call.reset();
    else if (call.query('watch') === undefined) this.#list(call);
    else this.#watch(call, Number(call.query('resourceVersion')));
    return call.answered();
  }

  request(): Promise<never> {
    return Promise.reject(new Error('only streams are served'));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The pod, as JSON, is now like this; what it says of its resourceVersion is not asked. */
  put(pod: Json): void {
    this.#happen(this.#pods.has(uidOf(pod)) ? 'MODIFIED' : 'ADDED', pod);
  }

  /** It is gone; `last` is what it was then, as it was before where absent. */
  remove(uid: string, last = this.#pods.get(uid)): void {
    if (last !== undefined) this.#happen('DELETED', last);
  }

  /** Sends the latest events of the history once more, as a server does that a watch was begun from further back. */
  repeat(count: number): void {
    for (const { frame } of this.#history.slice(-count)) this.#send(frame);
  }

  /** Breaks what is open. */
  reset(): void {
    for (const watch of this.#watches) watch.reset();
    this.#watches.clear();
  }

  /** Whoever comes back with an older resourceVersion has to list. */
  compact(): void {
    this.#compactedTo = this.#version;
    this.#history = [];
  }

  #happen(type: EventType, object: Json): void {
    const version = ++this.#version;
    const pod = { ...object, metadata: { ...(object['metadata'] as Json), resourceVersion: String(version) } };
    if (type === 'DELETED') this.#pods.delete(uidOf(pod));
    else this.#pods.set(uidOf(pod), pod);
    const frame = this.#frame(type, pod);
    this.#history.push({ version, frame });
    this.#send(frame);
  }

  #send(frame: Buffer): void {
    for (const watch of this.#watches) watch.push(...this.#cut(frame));
  }

  #frame(type: EventType, object: Json): Buffer {
    if (this.#format === 'json') return Buffer.from(`${JSON.stringify({ type, object })}\n`);
    return watchFrame(type, envelope('v1', 'Pod', encodePod(object)));
  }

  #list(call: ScriptedCall): void {
    const metadata = { resourceVersion: String(this.#version) };
    const items = [...this.#pods.values()];
    const body =
      this.#format === 'json'
        ? Buffer.from(JSON.stringify({ ...POD_LIST, metadata, items }))
        : encodeList(POD_LIST, metadata, items.map(encodePod));
    this.#open(call)
      .push(...this.#cut(body))
      .end();
  }

  #watch(call: ScriptedCall, from: number): void {
    if (from < this.#compactedTo) {
      call.refuse(410);
      return;
    }
    this.#open(call);
    for (const { version, frame } of this.#history) if (version > from) call.push(...this.#cut(frame));
    this.#watches.add(call);
  }

  #open(call: ScriptedCall): ScriptedCall {
    const type = this.#format === 'json' ? 'application/json' : 'application/vnd.kubernetes.protobuf';
    return call.open(200, { 'content-type': type });
  }
}

function uidOf({ metadata }: Json): string {
  return String((metadata as Json)['uid']);
}
