/** Sections 2 and 3 from what was weighed: memory and its slope, and what it takes to be synced. Pure. */
import { CLIENT_GO, watcher, watcherInMemory } from './programs.ts';
import { digits, rightColumn, shareText, type Judgement, type Section } from './section.ts';
import type { PodSize, Weight, Weights } from './weigh.ts';

/** With fewer, what differs from run to run is more than what they add. */
const LEAST_FOR_A_SLOPE = 10_000;
const MOST_EMPTY_MB = 85;
const MOST_EMPTY_WITH_THREAD_MB = 105;
const MOST_AT_100000_MB = 200;
const MOST_A_POD_KB = 1.1;
/** Peak over steady state. */
const MOST_PEAK = 1.5;
const MOST_OF_CLIENT_GO_MEMORY = 0.2;
const MOST_OF_CLIENT_GO_CPU = 0.4;
const MOST_TO_READY_MS = 300;

export function memorySection({ all }: Weights): Section {
  const rows = all.map((one) => {
    const { program, pods, size, residentMB, peakMB } = one;
    const goMB = find(all, CLIENT_GO, pods, size)?.residentMB ?? NaN;
    const cells = [digits(residentMB), digits(peakMB), digits(aPodKB(all, one) * (10_000 / 1024))];
    return [podsText(one), program, ...cells, program === CLIENT_GO ? '1' : shareText(residentMB, goMB)];
  });
  return {
    name: 'memory after sync',
    about:
      'Resident memory of the whole process (VmRSS) some seconds after it was synced, its peak until then (VmHWM), what 10,000 pods\n' +
      'add to the process without pods, and the ratio to client-go. MB; medians.',
    columns: [
      { heading: 'PODS' },
      { heading: 'PROGRAM' },
      ...['RESIDENT', 'PEAK', 'A 10,000', 'RATIO'].map(rightColumn),
    ],
    rows,
    judgements: memoryJudgements(all),
  };
}

function memoryJudgements(all: readonly Weight[]): Judgement[] {
  const ours = all.filter(({ program }) => program === watcher.name);
  const judgements: Judgement[] = [
    mb('the empty agent, outbox in memory', find(all, watcherInMemory.name, 0, 'lean'), MOST_EMPTY_MB),
    mb('the empty agent, outbox on a thread', find(all, watcher.name, 0, 'lean'), MOST_EMPTY_WITH_THREAD_MB),
  ];
  const peak = Math.max(...ours.map(({ peakMB, residentMB }) => peakMB / residentMB));
  judgements.push({ what: 'peak while syncing, at worst', value: peak, limit: MOST_PEAK, unit: 'of steady' });
  const whole = find(all, watcher.name, 100_000, 'lean');
  if (whole !== undefined) {
    judgements.push(mb('100,000 pods', whole, MOST_AT_100000_MB));
    judgements.push({ what: 'a pod, of 100,000', value: aPodKB(all, whole), limit: MOST_A_POD_KB, unit: 'KB' });
  }
  const go = find(all, CLIENT_GO, 20_000, 'large');
  const large = find(all, watcher.name, 20_000, 'large');
  if (go === undefined || large === undefined) return judgements;
  const value = large.residentMB / go.residentMB;
  const what = '20,000 pods of 7.7 KB';
  return [...judgements, { what, value, limit: MOST_OF_CLIENT_GO_MEMORY, unit: 'of client-go' }];
}

const mb = (what: string, weight: Weight | undefined, limit: number): Judgement => ({
  ...{ what, limit, unit: 'MB' },
  value: weight?.residentMB ?? NaN,
});

export function startSection({ all, answerMs }: Weights): Section {
  const rows = all.map((one) => {
    const { program, pods, size, syncMs, cpuMs } = one;
    const go = find(all, CLIENT_GO, pods, size);
    const ratio = program === CLIENT_GO ? '1' : shareText(cpuMs, go?.cpuMs ?? NaN);
    return [podsText(one), program, digits(syncMs / 1000), digits(cpuMs / 1000), ratio];
  });
  return {
    name: 'from start to synced',
    about:
      'Seconds from the start of the process until it had seen all pods (the agent: /readyz answers 200), the CPU seconds it\n' +
      `used until then, all threads, and their ratio to client-go's. One request to the API server took ${digits(answerMs)} ms.`,
    columns: [{ heading: 'PODS' }, { heading: 'PROGRAM' }, ...['SYNCED', 'CPU', 'RATIO'].map(rightColumn)],
    rows,
    judgements: startJudgements(all, answerMs),
  };
}

function startJudgements(all: readonly Weight[], answerMs: number): Judgement[] {
  const empty = find(all, watcher.name, 0, 'lean')?.syncMs ?? NaN;
  const ready = {
    what: 'start to /readyz, less an answer',
    value: empty - answerMs,
    limit: MOST_TO_READY_MS,
    unit: 'ms',
  };
  const cpu = all.flatMap((ours): Judgement[] => {
    const go = find(all, CLIENT_GO, ours.pods, ours.size);
    if (ours.program !== watcher.name || ours.pods < 20_000 || go === undefined) return [];
    const what = `CPU until synced, ${podsText(ours)} pods`;
    return [{ what, value: ours.cpuMs / go.cpuMs, limit: MOST_OF_CLIENT_GO_CPU, unit: 'of client-go' }];
  });
  return [ready, ...cpu];
}

/** KB that each pod adds to the same program without pods. Large pods are compared with no pods at all, too. */
function aPodKB(all: readonly Weight[], { program, pods, residentMB }: Weight): number {
  if (pods < LEAST_FOR_A_SLOPE) return NaN;
  return ((residentMB - (find(all, program, 0, 'lean')?.residentMB ?? NaN)) * 1024) / pods;
}

function find(all: readonly Weight[], program: string, pods: number, size: PodSize): Weight | undefined {
  return all.find((one) => one.program === program && one.pods === pods && one.size === size);
}

function podsText({ pods, size }: Weight): string {
  const count = pods.toLocaleString('en');
  return size === 'large' ? `${count} large` : count;
}
