/**
 * What a watch has to tell, one frame after the other: first the objects there are, where they were asked for, then what
 * happened since, as its selector sees it. A cursor is a place in the history and nothing more; reading it is what moves it.
 */
import type { Encoder } from './encoder.ts';
import type { EventType, HistoryEvent, ResourceHistory } from './resource-history.ts';
import type { ResourceDefinition } from './resources.ts';
import type { Selector } from './selectors.ts';
import { expiredWatch, type StatusBody } from './status.ts';
import type { StoredObject } from './stored-object.ts';

export type Frame =
  | { readonly kind: 'event'; readonly bytes: readonly Buffer[] }
  | { readonly kind: 'bookmark'; readonly bytes: readonly Buffer[] }
  /** The last one. */
  | { readonly kind: 'error'; readonly bytes: readonly Buffer[] };

export interface WatchScope {
  readonly definition: ResourceDefinition;
  readonly history: ResourceHistory;
  /** '' for all of them. */
  readonly namespace: string;
  readonly selector: Selector | undefined;
  readonly encoder: Encoder;
}

/** Where a watch begins. */
export type WatchStart =
  | { readonly kind: 'after'; readonly revision: number }
  /** With the state at `revision` as ADDED events, and a bookmark at their end where that was asked for. */
  | { readonly kind: 'initial'; readonly revision: number; readonly endsWithBookmark: boolean };

export class WatchCursor {
  readonly #scope: WatchScope;
  readonly #start: WatchStart;
  #initial: { readonly objects: readonly StoredObject[]; at: number } | undefined;
  /** Undefined where the place is forgotten. */
  #index: number | undefined;
  #owesInitialEnd: boolean;

  constructor(scope: WatchScope, start: WatchStart) {
    this.#scope = scope;
    this.#start = start;
    this.#index = scope.history.indexAfter(start.revision);
    const objects = start.kind === 'initial' ? scope.history.snapshot(start.revision) : undefined;
    this.#initial = objects === undefined ? undefined : { objects, at: 0 };
    this.#owesInitialEnd = start.kind === 'initial' && start.endsWithBookmark;
  }

  /** The next frame, or undefined where everything has been told. */
  next(): Frame | undefined {
    return this.#nextInitial() ?? this.#nextEvent();
  }

  #nextInitial(): Frame | undefined {
    while (this.#initial !== undefined) {
      const object = this.#initial.objects[this.#initial.at];
      this.#initial.at += 1;
      if (object === undefined) this.#initial = undefined;
      else if (this.#sees(object)) return this.#event('ADDED', object);
    }
    if (!this.#owesInitialEnd) return undefined;
    this.#owesInitialEnd = false;
    const { encoder, definition } = this.#scope;
    return { kind: 'bookmark', bytes: [encoder.bookmark(definition, this.#start.revision, true)] };
  }

  #nextEvent(): Frame | undefined {
    while (this.#index !== undefined) {
      const event = this.#scope.history.at(this.#index);
      if (event === undefined) return undefined;
      if (event === 'forgotten') break;
      this.#index += 1;
      // A watch may begin at a revision that is still to come.
      const frame = event.revision <= this.#start.revision ? undefined : this.#seen(event);
      if (frame !== undefined) return frame;
    }
    return this.#expired();
  }

  #expired(): Frame {
    const oldest = this.#scope.history.compactedRevision;
    return errorFrame(this.#scope.encoder, expiredWatch(this.#start.revision, oldest));
  }

  /** An event as a selector sees it: what comes into view is ADDED, what leaves it is DELETED as it last was in view. */
  #seen(event: HistoryEvent): Frame | undefined {
    const { type, object, previous } = event;
    if (this.#scope.selector === undefined) return this.#inNamespace(object) ? this.#event(type, object) : undefined;
    const isSeen = type !== 'DELETED' && this.#sees(object);
    const wasSeen = previous !== undefined && this.#sees(previous);
    if (isSeen) return this.#event(wasSeen ? 'MODIFIED' : 'ADDED', object);
    if (!wasSeen) return undefined;
    return this.#event('DELETED', type === 'DELETED' ? object : previous.atRevision(event.revision));
  }

  #event(type: EventType, object: StoredObject): Frame {
    return { kind: 'event', bytes: this.#scope.encoder.event(type, object) };
  }

  #sees(object: StoredObject): boolean {
    return this.#inNamespace(object) && (this.#scope.selector?.(object) ?? true);
  }

  #inNamespace(object: StoredObject): boolean {
    return this.#scope.namespace === '' || object.namespace === this.#scope.namespace;
  }
}

/** The frame that ends a watch. */
export function errorFrame(encoder: Encoder, status: StatusBody): Frame {
  return { kind: 'error', bytes: [encoder.error(status)] };
}
