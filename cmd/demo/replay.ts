/**
 * Recorded statuses, made fit to be written now and about another pod. What a kubelet wrote stays word for word, but for
 * times and container ids. A time that was recorded once stays one time however often it is repeated.
 */

/** A status as the API server takes it. */
export type RecordedStatus = Readonly<Record<string, unknown>>;

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;
const CONTAINER_ID = /containerd:\/\/[0-9a-f]{32}/g;

/** One recording, retold about one pod, status after status. */
export class Replay {
  /** Container ids begin with this, since no two pods share any. */
  readonly #mark: string;
  /** Recorded times, and what they became. */
  readonly #times = new Map<string, string>();

  constructor(podUid: string) {
    this.#mark = podUid.replaceAll('-', '');
  }

  /** The next status as of `nowMs`: times not met before are moved so that the last of all is now. */
  next(status: RecordedStatus, nowMs: number): RecordedStatus {
    const text = JSON.stringify(status);
    this.#meet(
      [...text.matchAll(TIME)].map(([time]) => time),
      nowMs,
    );
    const retold = text
      .replaceAll(TIME, (time) => this.#times.get(time) ?? time)
      .replaceAll(CONTAINER_ID, `containerd://${this.#mark}`);
    return JSON.parse(retold) as RecordedStatus;
  }

  #meet(times: readonly string[], nowMs: number): void {
    const latestMs = Math.max(...times.map((time) => Date.parse(time)));
    for (const time of times) {
      if (!this.#times.has(time)) this.#times.set(time, secondsText(Date.parse(time) - latestMs + nowMs));
    }
  }
}

/** As metav1.Time prints it. */
function secondsText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
