/**
 * What the API server has forbidden us to read: left alone for a while, by kind and namespace, and said once for each kind
 * until it is allowed again. For what is read on demand; watches ask by their own rules.
 */

/** A right that is missing is seldom given within this time, and asking costs a request. */
const DENIED_MS = 10 * 60_000;

export class Denials {
  readonly #most: number;
  /** By kind and namespace, until when; ms on the monotonic scale. */
  readonly #untilMs = new Map<string, number>();
  readonly #told = new Set<string>();

  /** `most`: with so many places remembered all are forgotten, and asked again. */
  constructor(most: number) {
    this.#most = most;
  }

  /** True while it is not worth asking. */
  isDenied(kind: string, namespace: string, nowMs: number): boolean {
    return nowMs < (this.#untilMs.get(`${kind}/${namespace}`) ?? -Infinity);
  }

  /** True for the first of its kind since it was last allowed: the one to log. */
  denied(kind: string, namespace: string, nowMs: number): boolean {
    if (this.#untilMs.size >= this.#most) this.#untilMs.clear();
    this.#untilMs.set(`${kind}/${namespace}`, nowMs + DENIED_MS);
    if (this.#told.has(kind)) return false;
    this.#told.add(kind);
    return true;
  }

  allowed(kind: string): void {
    this.#told.delete(kind);
  }
}
