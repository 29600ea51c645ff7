/**
 * Whether the plane has taken this cluster in: asked of the agent that runs on the data directory, since enrolling is its
 * work and changes something at the plane. A plane that answers well may refuse just this: it knows another cluster under
 * our name, as happens where settings are copied. Nothing is said where no agent runs.
 */
import { connectControl } from '../../internal/server/control-client.ts';
import { works, type CheckRow } from './check-row.ts';
import type { AgentDocument } from './outbox-source.ts';
import type { OutboxPlace } from './wire-outbox.ts';

export const ENROLMENT_ROW = 'enrolment';

/** One row, or none. Never rejects: what is wrong with the data directory is said by its own row. */
export async function checkEnrolment(place: OutboxPlace): Promise<CheckRow[]> {
  if (place.kind === 'memory') return [];
  try {
    const status = (await (await connectControl(place.path))?.status()) as { agent?: AgentDocument | null } | undefined;
    return enrolmentRows(status?.agent?.enrolment);
  } catch {
    return [];
  }
}

/** Pure. */
export function enrolmentRows(enrolment: AgentDocument['enrolment'] | undefined): CheckRow[] {
  if (enrolment?.kind === 'enrolled') return [works(ENROLMENT_ROW, 'the plane has taken the agent that runs')];
  if (enrolment?.kind !== 'not-enrolled' || enrolment.lastError === undefined) return [];
  const { code, message, remedy } = enrolment.lastError;
  const detail = `refused after ${enrolment.attempts} attempts: ${message}`;
  return [{ what: ENROLMENT_ROW, status: 'degraded', detail, remedy: remedy ?? 'see the message', code }];
}
