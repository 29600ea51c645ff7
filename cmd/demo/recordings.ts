/**
 * What a real kubelet wrote about the failures of the demo (test/corpus), and the few statuses derived from it: a pod that
 * runs, one that completed, one that was ended on purpose. Derived, not made up: only the words that differ are changed.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { FailureName } from './failures.ts';
import type { RecordedStatus } from './replay.ts';

const FILE = path.join(import.meta.dirname, '../../test/corpus/kubelet-1.36/statuses.json');

/** Statuses in the order in which they were written, by failure. */
export const recordings = JSON.parse(readFileSync(FILE, 'utf8')) as Readonly<
  Record<FailureName, readonly RecordedStatus[]>
>;

/** From the recording of a Job's pod, up to where its container runs. */
const starting = recordings.job.filter((status) => !JSON.stringify(status).includes('"terminated"'));
const ended = recordings.job.slice(starting.length);

/** A pod that starts, runs and is Ready. */
export const healthy: readonly RecordedStatus[] = [...starting, ...starting.slice(-1).map(ready)];

/** A pod of a Job that does its work. */
export const completed: readonly RecordedStatus[] = [
  ...starting,
  ...ended.map((status) => exchanged(status, { exitCode: 0, reason: 'Completed', phase: 'Succeeded' })),
];

/** How a pod ends that is told to: SIGTERM, which a program without a handler answers with 143. */
export const ended143: readonly RecordedStatus[] = ended.map((status) =>
  exchanged(status, { exitCode: 143, reason: 'Error', phase: 'Failed' }),
);

function ready(status: RecordedStatus): RecordedStatus {
  return JSON.parse(
    JSON.stringify(status)
      .replaceAll('"status":"False"', '"status":"True"')
      .replaceAll('"ready":false', '"ready":true'),
  ) as RecordedStatus;
}

interface End {
  readonly exitCode: number;
  readonly reason: string;
  readonly phase: string;
}

function exchanged(status: RecordedStatus, { exitCode, reason, phase }: End): RecordedStatus {
  return JSON.parse(
    JSON.stringify(status)
      .replaceAll(/"exitCode":\d+,"reason":"\w+"/g, `"exitCode":${exitCode},"reason":"${reason}"`)
      .replaceAll('"phase":"Failed"', `"phase":"${phase}"`),
  ) as RecordedStatus;
}
