/** What containers wrote, as a test says: pod-logs.ts answers with it. */

export interface LogName {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Of the container before the present one. */
  readonly isPrevious?: boolean;
}

export class PodLogs {
  readonly #texts = new Map<string, string>();

  /** What this container has written. */
  set(name: LogName, text: string): void {
    this.#texts.set(keyOf(name), text);
  }

  get(name: LogName): string | undefined {
    return this.#texts.get(keyOf(name));
  }
}

function keyOf({ namespace, pod, container, isPrevious = false }: LogName): string {
  return JSON.stringify([namespace, pod, container, isPrevious]);
}
