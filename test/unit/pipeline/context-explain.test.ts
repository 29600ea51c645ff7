/** Events tell who ended a container and why a pod is stuck, where they do; and prove nothing where they don't. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PodEvent } from '../../../internal/pipeline/context.ts';
import { causeOfExit, withContext } from '../../../internal/pipeline/context-explain.ts';
import type { Finding } from '../../../internal/pipeline/finding.ts';
import { MESSAGE_BYTES } from '../../../internal/platform/limits.ts';
import { aFinding } from '../../support/finding-builder.ts';

const ENDED_MS = Date.parse('2026-01-01T00:10:00Z');
const RAN_MS = 60_000;
const STARTED_MS = ENDED_MS - RAN_MS;

function anEvent(reason: string, message: string, atMs: number, parts: Partial<PodEvent> = {}): PodEvent {
  const type = ['Started', 'Pulled'].includes(reason) ? 'Normal' : 'Warning';
  return { type, reason, message, container: 'app', count: 1, lastAtMs: atMs, ...parts };
}

const started = anEvent('Started', 'Container started', STARTED_MS);
const killed = anEvent('Killing', 'Container app failed liveness probe, will be restarted', ENDED_MS - 30_000);
const unhealthy = anEvent('Unhealthy', 'Liveness probe failed: HTTP 503', ENDED_MS - 30_000);

const exited = (exit: Partial<NonNullable<NonNullable<Finding['container']>['exit']>> = {}): Finding =>
  aFinding({
    ...{ reason: 'CrashLoopBackOff', occurrence: 'loop:a', message: 'last exit code 137', occurredAtMs: ENDED_MS },
    container: { name: 'app', role: 'app', image: 'web:1', exit: { code: 137, signal: 0, ranForMs: RAN_MS, ...exit } },
  });

describe('the cause of an exit', () => {
  const cases: readonly [string, Finding, PodEvent[], string | undefined][] = [
    ['is the liveness probe the kubelet killed it for', exited(), [started, unhealthy, killed], 'liveness-probe'],
    [
      'is the startup probe, whatever the exit code',
      exited({ code: 1 }),
      [{ ...killed, message: 'Container app failed startup probe, will be restarted' }],
      'startup-probe',
    ],
    [
      'is that probe of a pod that is not restarted',
      exited(),
      [{ ...killed, message: 'Container app failed liveness probe' }],
      'liveness-probe',
    ],
    ['is its own where its start is told of and no probe', exited({ code: 1 }), [started], 'own-exit'],
    [
      'is its own where only readiness failed',
      exited({ code: 1 }),
      [started, anEvent('Unhealthy', 'Readiness probe failed', ENDED_MS)],
      'own-exit',
    ],
    ['is not known without events: they are dropped and forgotten', exited(), [], undefined],
    ['is not known where a probe fails and nobody says that it was killed', exited(), [started, unhealthy], undefined],
    ['is not its own where somebody killed it, and nobody says who', exited(), [started], undefined],
    ['is not its own where a signal ended it', exited({ code: 0, signal: 15 }), [started], undefined],
    ['is not that of a run before it', exited(), [{ ...killed, lastAtMs: STARTED_MS - 5_000 }], undefined],
    ['is not that of a run after it', exited(), [{ ...killed, lastAtMs: ENDED_MS + 5_000 }], undefined],
    ['is not that of another container', exited(), [{ ...killed, container: 'proxy' }], undefined],
    [
      'is not a deletion of the pod, nor an edit',
      exited(),
      [
        anEvent('Killing', 'Stopping container app', ENDED_MS),
        anEvent('Killing', 'Container app definition changed', ENDED_MS),
      ],
      undefined,
    ],
    ['stays what the runtime said', exited({ cause: 'oom' }), [started, killed], undefined],
    [
      'is not guessed where nobody knows when it began',
      aFinding({ occurredAtMs: ENDED_MS }),
      [started, killed],
      undefined,
    ],
  ];
  for (const [what, finding, events, cause] of cases) {
    test(what, () => assert.equal(causeOfExit(finding, events), cause));
  }

  test('goes into the finding and its message, and changes none of its names', () => {
    const finding = { ...exited(), message: 'last exit code 137 (Error, SIGKILL, cause unknown)' };
    const told = withContext(finding, { events: [started, unhealthy, killed], notes: [] });
    assert.equal(told.container?.exit?.cause, 'liveness-probe');
    assert.equal(
      told.message,
      'last exit code 137 (Error, SIGKILL, liveness-probe): Unhealthy: Liveness probe failed: HTTP 503',
    );
    const names = ({ eventId, incidentKey, fingerprint, occurrence }: Finding): string[] => [
      ...[eventId, incidentKey, fingerprint, occurrence],
    ];
    assert.deepEqual(names(told), names(finding));
  });
});

describe('a state that lasts', () => {
  const stuck = (reason: string): Finding =>
    aFinding({
      reason,
      occurrence: 'stuck-start:none',
      container: undefined,
      message: 'for 5m',
      occurredAtMs: ENDED_MS,
    });
  const mount = anEvent('FailedMount', 'secret "db" not found', ENDED_MS + 60_000, { container: '' });

  test('is explained by the last warning since it began', () => {
    const early = anEvent('FailedScheduling', '0/3 nodes', ENDED_MS - 60_000);
    const told = withContext(stuck('StuckCreating'), { events: [early, mount], notes: [] });
    assert.equal(told.message, 'for 5m: FailedMount: secret "db" not found');
    assert.equal(withContext(stuck('StuckCreating'), { events: [early], notes: [] }).message, 'for 5m');
  });

  test('is explained by the probe that fails, where it is readiness', () => {
    const probe = anEvent('Unhealthy', 'Readiness probe failed: HTTP 503', ENDED_MS - 10_000);
    assert.equal(
      withContext(stuck('NotReady'), { events: [probe, mount], notes: [] }).message,
      'for 5m: Unhealthy: Readiness probe failed: HTTP 503',
    );
  });

  test('keeps its explanation where both do not fit into a message', () => {
    const long = { ...stuck('StuckCreating'), message: 'm'.repeat(MESSAGE_BYTES) };
    const { message } = withContext(long, { events: [mount], notes: [] });
    assert.ok(Buffer.byteLength(message) <= MESSAGE_BYTES);
    assert.match(message, /FailedMount: secret "db" not found$/);
  });
});

describe('the events told with a finding', () => {
  test('are the ten newest, the newest last, after all were looked at', () => {
    const many = Array.from({ length: 30 }, (_, at) => anEvent('BackOff', `${at}`, ENDED_MS + at));
    const told = withContext(exited(), { events: [started, killed, ...many], notes: ['logs: forbidden'] });
    assert.deepEqual(
      told.context?.events?.map(({ message }) => message),
      Array.from({ length: 10 }, (_, at) => `${at + 20}`),
    );
    assert.equal(told.container?.exit?.cause, 'liveness-probe');
    assert.deepEqual(told.context.notes, ['logs: forbidden']);
  });
});
