/**
 * What whoever runs the plane may decide. All have defaults that suit a first start.
 */
import type { LateNews } from './cluster/lateness.ts';

export interface PlaneOptions {
  /** An incident told of is kept quiet for so long, whoever tells of it. */
  readonly cooldownMs: number;
  /**
   * Header by which a proxy in front of Restate's ingress says whose call it is: the cluster id. With it, every handler
   * refuses calls for another cluster. Without it, anyone who reaches the ingress may speak for any cluster.
   */
  readonly identityHeader: string | undefined;
  /** Opens what is otherwise private to Restate: setting remote settings, and reading dead letters. */
  readonly hasOpenAdmin: boolean;
  /** Heartbeats that a cluster may miss before it counts as late. */
  readonly missedBeats: number;
  /** Told when a cluster becomes late and when it no longer is; more than once where this process ends meanwhile. */
  readonly tellLate?: ((news: LateNews) => void) | undefined;
  /** Deliveries kept for reading; older ones go. */
  readonly deliveriesKept: number;
  /** Names (events, incidents) of all clusters that are kept in this process's memory; a few more are read from state. */
  readonly namesInMemory: number;
}

export const defaultOptions: PlaneOptions = {
  cooldownMs: 180_000,
  identityHeader: undefined,
  hasOpenAdmin: false,
  missedBeats: 3,
  deliveriesKept: 10_000,
  namesInMemory: 1_000_000,
};
