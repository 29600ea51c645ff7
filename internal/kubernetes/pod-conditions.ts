/** Which conditions of a pod are kept: the first CONDITIONS_KEPT, and those that decide wherever they stand. */
import { CONDITIONS_KEPT } from '../platform/limits.ts';

/** What detection asks for by name. */
const deciding: ReadonlySet<string> = new Set([
  ...['Ready', 'ContainersReady', 'PodScheduled'],
  ...['DisruptionTarget', 'PodResizePending', 'PodResizeInProgress'],
]);

/** `kept`: how many of this pod are kept already. */
export function keepsCondition(type: string, kept: number): boolean {
  return kept < CONDITIONS_KEPT || (kept < CONDITIONS_KEPT + deciding.size && deciding.has(type));
}
