/**
 * The frames of a watch on which pods come, run or fail, and go, each with names, labels, images and a namespace that nobody
 * had before. Made by writing numbers into bytes that were encoded once, so that a million pods take seconds.
 */
import { encodePod } from './protobuf-pod.ts';
import { envelope, watchFrame } from './protobuf-writer.ts';

/** What the numbers are written over: as many digits, each found nowhere else in a frame. */
const POD = '70707070';
const NAMESPACE = '50505050';
const VERSION = '30303030';
const DIGITS = 8;

const PODS_A_NAMESPACE = 100;

const container = { name: 'main', image: `registry.example.com/job-${POD}:v1` };
const base = { name: 'main', image: container.image, imageID: `sha256:${POD}`, restartCount: 0 };

/** Every life of a pod ends with its deletion; a failing one is told of before. */
const lives = {
  quiet: [
    { type: 'ADDED', phase: 'Pending', status: { ...base, state: { waiting: { reason: 'ContainerCreating' } } } },
    { type: 'MODIFIED', phase: 'Running', status: { ...base, ready: true, started: true, state: { running: {} } } },
    { type: 'DELETED', phase: 'Running', status: { ...base, ready: true, started: true, state: { running: {} } } },
  ],
  failing: [
    { type: 'ADDED', phase: 'Running', status: { ...base, ready: true, started: true, state: { running: {} } } },
    { type: 'MODIFIED', phase: 'Failed', status: { ...base, state: { terminated: died() } } },
    { type: 'DELETED', phase: 'Failed', status: { ...base, state: { terminated: died() } } },
  ],
} as const;

function died(): object {
  const at = { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:30Z' };
  return { exitCode: 3, reason: 'Error', message: `job ${POD} gave up`, containerID: `containerd://${POD}`, ...at };
}

/** A frame, and where its numbers stand. */
interface Stamp {
  readonly bytes: Buffer;
  readonly pods: readonly number[];
  readonly namespaces: readonly number[];
  readonly versions: readonly number[];
}

type Moment = (typeof lives)[keyof typeof lives][number];

function stamp({ type, phase, status }: Moment): Stamp {
  const metadata = {
    ...{ name: `job-${POD}`, namespace: `tenant-${NAMESPACE}`, uid: `aaaaaaaa-0000-4000-8000-0000${POD}` },
    ...{ resourceVersion: VERSION, creationTimestamp: '2026-01-01T00:00:00Z', labels: { job: `job-${POD}` } },
  };
  const spec = { nodeName: 'n1', restartPolicy: 'Never', containers: [container] };
  const pod = { metadata, spec, status: { phase, containerStatuses: [status], conditions: ready(phase) } };
  const bytes = watchFrame(type, envelope('v1', 'Pod', encodePod(pod)));
  return { bytes, pods: find(bytes, POD), namespaces: find(bytes, NAMESPACE), versions: find(bytes, VERSION) };
}

function ready(phase: string): object[] {
  return [{ type: 'Ready', status: phase === 'Running' ? 'True' : 'False' }];
}

function find(bytes: Buffer, text: string): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + DIGITS)) found.push(at);
  return found;
}

function write(bytes: Buffer, places: readonly number[], value: number): void {
  const text = String(value).padStart(DIGITS, '0');
  for (const at of places) bytes.write(text, at, 'latin1');
}

const stamps = { quiet: lives.quiet.map(stamp), failing: lives.failing.map(stamp) };

/** The frames of one pod's life, in order. They are overwritten by the next call. */
export function lifeOf(number: number, kind: keyof typeof lives): readonly Buffer[] {
  return stamps[kind].map(({ bytes, pods, namespaces, versions }, index) => {
    write(bytes, pods, number);
    write(bytes, namespaces, Math.floor(number / PODS_A_NAMESPACE));
    write(bytes, versions, number * lives[kind].length + index + 1);
    return bytes;
  });
}
