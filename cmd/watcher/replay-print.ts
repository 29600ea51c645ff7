/** How `watcher replay` prints a decision to a person: a line each. Pure. */
import { printable } from '../../internal/config/problems.ts';
import type { WireEvent } from '../../internal/restate/wire-event.ts';

/** About an event, or about a silence of a pod. */
export interface Decided {
  readonly decision: string;
  readonly reason: string;
  readonly stage?: string;
  readonly event?: Pick<WireEvent, 'reason' | 'namespace' | 'name' | 'container_name' | 'phase'>;
  readonly about?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly container_name?: string;
}

/** `12:34:56.789 append   (new) shop/web main OOMKilled`. */
export function decisionLine({ at, decision, reason, event, ...silence }: Decided & { readonly at: string }): string {
  const { namespace = '', name = '', container_name: container = '' } = event ?? silence;
  const what = event?.reason ?? silence.about ?? '';
  const words = [at.slice(11, 23), decision.padEnd(9), `${namespace}/${name}`, container, what, `(${reason})`];
  return `${printable(words.filter((word) => word !== '').join(' '))}\n`;
}
