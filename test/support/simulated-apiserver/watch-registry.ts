/**
 * The open watches of a server: who is told of which writes, how many there are, and promises of those to come.
 */
import { requestMatches, type RequestMatcher } from './request-log.ts';
import type { ResourceDefinition } from './resources.ts';
import type { WatchStream } from './watch-stream.ts';

export class WatchRegistry {
  readonly #open = new Map<WatchStream, ResourceDefinition>();
  readonly #waiting = new Set<(watch: WatchStream) => void>();
  #opened = 0;

  /** All watches opened so far. */
  get openedCount(): number {
    return this.#opened;
  }

  add(definition: ResourceDefinition, watch: WatchStream): void {
    this.#opened += 1;
    this.#open.set(watch, definition);
    void watch.closed.then(() => this.#open.delete(watch));
    for (const tell of [...this.#waiting]) tell(watch);
  }

  /** Tells the watches of a resource that there is something new. */
  wake(definition: ResourceDefinition): void {
    for (const [watch, watched] of this.#open) if (watched === definition) watch.wake();
  }

  /** The open ones that match, oldest first. One whose client is gone counts until the server notices. */
  open(matcher: RequestMatcher = {}): WatchStream[] {
    return [...this.#open.keys()].filter((watch) => watch.isOpen && requestMatches(matcher, watch.request));
  }

  /** The next matching watch that is opened after this call. */
  next(matcher: RequestMatcher = {}): Promise<WatchStream> {
    return new Promise((resolve) => {
      const tell = (watch: WatchStream): void => {
        if (!requestMatches(matcher, watch.request)) return;
        this.#waiting.delete(tell);
        resolve(watch);
      };
      this.#waiting.add(tell);
    });
  }

  /** The newest matching watch that is open, or else the next one. */
  async opened(matcher: RequestMatcher = {}): Promise<WatchStream> {
    return this.open(matcher).at(-1) ?? (await this.next(matcher));
  }
}
