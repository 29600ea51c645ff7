/**
 * The books of one run: every failure that was injected, and every event the plane has shown so far. It reads the plane
 * behind the proxy, page by page, and says which failures have arrived, so that their pods may go.
 *
 * Promise: what it holds at the end is everything the plane keeps, each item once; a plane that is away is asked again.
 */
import type { ReceivedItem, ReceivedPage } from '../../cmd/plane/project/received.ts';
import { expectedOf, type ExpectedEvent, type InjectedFailure } from './failure.ts';
import { failuresIn, judge, type Verdict } from './oracle.ts';

const PAGE_EVENTS = 5000;
const ASK_WITHIN_MS = 10_000;

export class Ledger {
  readonly #expected = new Map<string, ExpectedEvent>();
  readonly #failures = new Map<string, InjectedFailure>();
  readonly #held: ReceivedItem[] = [];
  readonly #seen = new Set<string>();
  readonly #url: string;
  readonly #clusterId: string;
  #from = 0;
  #arrived = 0;

  /** `ingressUrl` is the ingress itself, not the proxy before it. */
  constructor(ingressUrl: string, clusterId: string) {
    this.#url = `${ingressUrl}/ProjectService/${clusterId}/received`;
    this.#clusterId = clusterId;
  }

  get injected(): number {
    return this.#expected.size;
  }

  /** Injected, and not shown by the plane yet. */
  get missing(): number {
    return this.#expected.size - this.#arrived;
  }

  /** Failures the plane has not shown yet. */
  awaited(): InjectedFailure[] {
    return [...this.#failures].filter(([id]) => !this.#seen.has(id)).map(([, failure]) => failure);
  }

  get held(): readonly ReceivedItem[] {
    return this.#held;
  }

  inject(failure: InjectedFailure): ExpectedEvent {
    const expected = expectedOf(failure, this.#clusterId);
    // The plane may show it before the API server's process has told of it.
    if (this.#seen.has(expected.eventId) && !this.#expected.has(expected.eventId)) this.#arrived += 1;
    this.#expected.set(expected.eventId, expected);
    this.#failures.set(expected.eventId, failure);
    return expected;
  }

  /** Reads what is new at the plane; the failures that have arrived with it. Nothing where the plane can't be asked. */
  async read(): Promise<InjectedFailure[]> {
    const arrived: InjectedFailure[] = [];
    for (let isEnd = false; !isEnd;) {
      const page = await this.#page();
      if (page === undefined) return arrived;
      for (const item of page.items) this.#take(item, arrived);
      this.#from = page.next;
      isEnd = page.isEnd;
    }
    return arrived;
  }

  verdict(): Verdict {
    return judge(
      this.#expected.values(),
      this.#held.map(({ event }) => event),
    );
  }

  #take(item: ReceivedItem, arrived: InjectedFailure[]): void {
    this.#held.push(item);
    for (const told of failuresIn(item.event)) {
      const id = String(told['event_id']);
      if (this.#seen.has(id)) continue;
      this.#seen.add(id);
      const failure = this.#failures.get(id);
      if (failure === undefined) continue;
      this.#arrived += 1;
      arrived.push(failure);
    }
  }

  async #page(): Promise<ReceivedPage | undefined> {
    try {
      const body = JSON.stringify({ from: this.#from, limit: PAGE_EVENTS });
      const headers = { 'content-type': 'application/json' };
      const signal = AbortSignal.timeout(ASK_WITHIN_MS);
      const answer = await fetch(this.#url, { method: 'POST', headers, body, signal });
      if (answer.ok) return (await answer.json()) as ReceivedPage;
      await answer.body?.cancel();
      return undefined;
    } catch {
      return undefined;
    }
  }
}
