/** The sighting of a state that goes on, as the table of reasons has it: nothing has ended, nothing else is told with it. */
import { boundedReason, boundedText, familyNames } from './detect-message.ts';
import type { Sighting } from './detect-types.ts';
import type { ReasonEntry } from './reasons.ts';

export function sightingOf(
  { reason, family, incidentClass, severity }: ReasonEntry,
  { message, ...seen }: Pick<Sighting, 'occurrence' | 'container' | 'message' | 'occurredAtMs'>,
): Sighting {
  const bounded = boundedReason(reason);
  return {
    ...seen,
    reason: bounded,
    families: familyNames(family, bounded),
    incidentClass,
    severity,
    message: boundedText(message),
    exit: undefined,
    covers: [],
  };
}
