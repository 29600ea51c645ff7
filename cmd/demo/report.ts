/**
 * The result of a demo as text: what the plane received, what stayed silent, what is wrong. Pure.
 */
import type { Paint } from './paint.ts';
import { renderTable, spanText, type Column } from '../../internal/platform/table.ts';
import type { Expectation, Received, Silence, Verdict } from './verdict.ts';

export const columns: readonly Column[] = [
  { heading: 'POD' },
  { heading: 'CONTAINER' },
  { heading: 'REASON' },
  { heading: 'WORKLOAD' },
  { heading: 'AFTER', align: 'right' },
];

export interface Outcome {
  readonly verdict: Verdict;
  readonly received: readonly Received[];
  readonly silences: readonly Silence[];
  /** Ms from the failure to the plane; undefined where nobody knows. */
  readonly afterMs: (event: Received) => number | undefined;
  readonly paint: Paint;
}

/** Everything there is to say at the end, but for how long it took. */
export function renderOutcome(outcome: Outcome): string {
  const { verdict, silences, received, paint } = outcome;
  const sections = [paint.strong('What the plane received:'), '', renderReceived(outcome).trimEnd()];
  if (hasLingered(outcome)) sections.push('', paint.faint(LINGER_NOTE));
  if (silences.length > 0)
    sections.push('', paint.strong('What stayed silent, as it should:'), '', renderSilent(outcome));
  const problems = renderProblems(outcome);
  if (problems !== '') sections.push('', paint.bad('What went wrong:'), '', problems);
  if (silences.length > 0) sections.push('', renderSum(verdict, silences, paint));
  else sections.push('', `${received.length} failures told.`);
  return `${sections.join('\n')}\n`;
}

const LINGER_NOTE =
  '  The first failure leaves at once; what comes within a second after it waits for the next batch (--batch-flush).';

function hasLingered({ received, afterMs }: Outcome): boolean {
  return received.some((event) => (afterMs(event) ?? 0) > 300);
}

function renderReceived({ received, afterMs, paint }: Outcome): string {
  if (received.length === 0) return '  nothing';
  const rows = received.map((event) => {
    const after = afterMs(event);
    return [
      `${event.namespace}/${event.pod}`,
      event.container,
      paint.bad(reasonOf(event)),
      event.workload,
      after === undefined ? '' : spanText(after),
    ];
  });
  return renderTable(columns, rows, '  ');
}

function reasonOf({ reason, exitCode, type }: Received): string {
  const exit = exitCode === undefined ? '' : ` (exit ${exitCode})`;
  return `${reason}${exit}${type === 'ongoing' ? ', still' : ''}`;
}

function renderSilent({ verdict, silences }: Outcome): string {
  const kept = silences.filter((silence) => !verdict.broken.some((one) => one.silence === silence));
  return renderTable(
    [{ heading: 'PODS' }, { heading: 'WHAT THEY DID' }],
    kept.map(({ namespace, podPrefix, what }) => [`${namespace}/${podPrefix}*`, what]),
    '  ',
  ).trimEnd();
}

function renderProblems({ verdict }: Outcome): string {
  const lines = [
    ...verdict.missing.map((one) => `  missing: ${nameOf(one)}`),
    ...verdict.repeated.map((event) => `  told twice: ${eventText(event)}`),
    ...verdict.broken.map(({ event, silence }) => `  should be silent (${silence.what}): ${eventText(event)}`),
    ...verdict.unexplained.map((event) => `  nobody expected: ${eventText(event)}`),
  ];
  return lines.join('\n');
}

function nameOf({ namespace, podPrefix, container, reasons }: Expectation): string {
  return `${namespace}/${podPrefix}* ${container === '' ? '' : `container ${container} `}${reasons.join(' or ')}`;
}

function eventText({ namespace, pod, container, reason, eventId }: Received): string {
  return `${namespace}/${pod} ${container} ${reason} (${eventId})`;
}

function renderSum({ arrived, missing, isGood, broken }: Verdict, silences: readonly Silence[], paint: Paint): string {
  const silent = silences.length - new Set(broken.map((one) => one.silence)).size;
  const text =
    `${arrived.length} of ${arrived.length + missing.length} failures arrived, each exactly once; ` +
    `${silent} of ${silences.length} healthy workloads stayed silent.`;
  return isGood ? paint.good(text) : paint.bad('Not every failure arrived exactly once.');
}
