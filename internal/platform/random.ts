/**
 * Randomness, injected: jitter and nonces take a `Random`, so that a test can fix it.
 */
import { randomBytes } from 'node:crypto';

export interface Random {
  /** A number in [0, 1), as Math.random gives. Not for secrets. */
  next(): number;
  /** `bytes` random bytes in lower-case hexadecimal, from the operating system's generator. */
  hex(bytes: number): string;
}

/** The machine's own randomness. */
export function systemRandom(): Random {
  return { next: () => Math.random(), hex: (bytes) => randomBytes(bytes).toString('hex') };
}

/** `valueMs` moved by at most `share` of itself up or down: jitter(1000, 0.2, r) lies in [800, 1200). */
export function jitter(valueMs: number, share: number, random: Random): number {
  return valueMs * (1 - share + 2 * share * random.next());
}

/** `valueMs`, or up to `share` of itself more: for waits that somebody asked for, which may be longer but not shorter. */
export function jitterLater(valueMs: number, share: number, random: Random): number {
  return valueMs * (1 + share * Math.abs(2 * random.next() - 1));
}
