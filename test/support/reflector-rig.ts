/**
 * A reflector of things that are only a uid, a resourceVersion and a name, on a scripted transport and a manual clock,
 * with a sink that keeps what it is told.
 */
import { Reflector } from '../../internal/kubernetes/reflector.ts';
import type { ReflectorLimits, ReflectorObserver, Selectors, Sink } from '../../internal/kubernetes/reflector-types.ts';
import { jsonAccept, type Keyed, type Resource } from '../../internal/kubernetes/resource.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { createLogger } from '../../internal/platform/log.ts';
import { ManualClock } from './manual-clock.ts';
import { ScriptedTransport } from './scripted-transport.ts';

export interface Thing extends Keyed {
  readonly name: string;
}

interface ThingObject {
  readonly metadata?: { readonly uid?: string; readonly resourceVersion?: string; readonly name?: string };
}

function readThing(object: unknown): Thing | CodedError {
  const { uid = '', resourceVersion = '', name = '' } = (object as ThingObject | null)?.metadata ?? {};
  return uid === '' ? new CodedError('WATCH_OBJECT_INVALID', 'a thing without a uid') : { uid, resourceVersion, name };
}

export const things: Resource<Thing> = {
  kind: 'Thing',
  plural: 'things',
  group: '',
  path: '/api/v1/things',
  namespace: '',
  codec: { json: { accept: jsonAccept, read: readThing } },
};

/** A thing as the API server sends it. */
export function thing(uid: string, resourceVersion: string): ThingObject {
  return { metadata: { uid, resourceVersion, name: `name-of-${uid}` } };
}

export function page(resourceVersion: string, items: readonly ThingObject[], continueToken = ''): unknown {
  return { kind: 'ThingList', metadata: { resourceVersion, continue: continueToken }, items };
}

/** Keeps what a store would keep, and each call in words. */
export class RecordingSink implements Sink<Thing> {
  readonly calls: string[] = [];
  readonly kept = new Map<string, string>();
  readonly #mentioned = new Set<string>();
  /** Called with each call's words; may throw. */
  onCall: (words: string) => void = () => undefined;

  listing(cause: string): void {
    this.#mentioned.clear();
    this.#say(`listing ${cause}`);
  }

  upsert(item: Thing, cause: string): void {
    this.kept.set(item.uid, item.resourceVersion);
    this.#mentioned.add(item.uid);
    this.#say(`upsert ${item.uid}@${item.resourceVersion} ${cause}`);
  }

  remove(item: Thing, cause: string): void {
    this.kept.delete(item.uid);
    this.#say(`remove ${item.uid} ${cause}`);
  }

  synced(resourceVersion: string, cause: string): void {
    for (const uid of this.kept.keys()) if (!this.#mentioned.has(uid)) this.kept.delete(uid);
    this.#say(`synced@${resourceVersion} ${cause}`);
  }

  /** The calls since this was last asked. */
  take(): string[] {
    return this.calls.splice(0);
  }

  #say(words: string): void {
    this.calls.push(words);
    this.onCall(words);
  }
}

/** An observer that keeps each call in words. */
export class RecordingObserver implements ReflectorObserver {
  readonly said: string[] = [];
  bytes = 0;
  frames = 0;
  listBegan = (cause: string): void => void this.said.push(`list ${cause}`);
  listEnded = (items: number, pages: number): void => void this.said.push(`listed ${items} in ${pages}`);
  watchOpened = (): void => void this.said.push('watch');
  watchEnded = (why: string): void => void this.said.push(`ended ${why}`);
  failed = (code: string): void => void this.said.push(code);
  received = (bytes: number, frames: number): void => {
    this.bytes += bytes;
    this.frames += frames;
  };
}

export interface Rig {
  readonly reflector: Reflector<Thing>;
  readonly transport: ScriptedTransport;
  readonly clock: ManualClock;
  readonly sink: RecordingSink;
  readonly observer: RecordingObserver;
  /** Log lines, parsed. */
  readonly log: Record<string, unknown>[];
}

/** Not started. Lists in pages unless `limits` say otherwise; every roll of the dice is 0. */
export function rig(limits: Partial<ReflectorLimits> = {}, selectors: Selectors = {}): Rig {
  const transport = new ScriptedTransport();
  const clock = new ManualClock();
  const sink = new RecordingSink();
  const observer = new RecordingObserver();
  const log: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = createLogger({ level: 'debug', destination });
  const random = { next: () => 0, hex: () => '' };
  const reflector = new Reflector({
    ...{ resource: things, sink, transport, clock, random, logger, observer, selectors },
    limits: { streamingList: 'never', ...limits },
  });
  return { reflector, transport, clock, sink, observer, log };
}

/** Started, and watching from resourceVersion 10 with one thing `a`; returns the watch. */
export async function watching(parts: Rig): Promise<Awaited<ReturnType<ScriptedTransport['next']>>> {
  parts.reflector.start();
  (await parts.transport.next()).reply(page('10', [thing('a', '5')]));
  const watch = (await parts.transport.next()).open();
  await parts.clock.advance(0);
  parts.sink.take();
  parts.observer.said.length = 0;
  return watch;
}
