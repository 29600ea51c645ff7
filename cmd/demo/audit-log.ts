/**
 * When a real API server accepted what a kubelet wrote about a pod: read from its own audit log, so that the time to the
 * plane is counted from the server's word and not from ours.
 */
import { readFileSync } from 'node:fs';
import type { Sightings, ShownStatus } from './sighting.ts';
import type { Expectation } from './verdict.ts';

/** Every status written for a pod, with the pod as it was after it. */
export const AUDIT_POLICY = {
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'RequestResponse', verbs: ['patch', 'update'], resources: [{ group: '', resources: ['pods/status'] }] },
    { level: 'None' },
  ],
};

interface AuditLine {
  readonly stageTimestamp: string;
  readonly objectRef: { readonly namespace: string; readonly name: string };
  readonly responseObject?: { readonly status?: ShownStatus };
}

/** Notes what the log shows. A line that is still being written is left for the next time. */
export function readAuditLog(file: string, expectations: readonly Expectation[], into: Sightings): void {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  for (const line of lines) {
    const { stageTimestamp, objectRef, responseObject } = JSON.parse(line) as AuditLine;
    into.note(expectations, objectRef, responseObject?.status ?? {}, Date.parse(stageTimestamp));
  }
}
