/** Two readers of the event loop's delay, and pauses at any moment. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchEventLoop, type DelayMonitor } from '../../../internal/metrics/event-loop.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const NANOS_IN_MS = 1e6;

/** Monitors that are told what they see, as both of them see the same loop. */
function monitors() {
  const all: (DelayMonitor & { values: number[] })[] = [];
  const newMonitor = (): DelayMonitor => {
    const monitor = {
      values: [] as number[],
      enable: () => true,
      reset: () => void (monitor.values = []),
      get count() {
        return monitor.values.length;
      },
      get max() {
        return Math.max(...monitor.values);
      },
      percentile: (share: number) =>
        monitor.values.toSorted((a, b) => a - b)[Math.ceil((monitor.values.length * share) / 100) - 1] ?? 0,
    };
    all.push(monitor);
    return monitor;
  };
  const saw = (...ms: number[]): void =>
    all.forEach(({ values }) => values.push(...ms.map((each) => each * NANOS_IN_MS)));
  return { newMonitor, saw };
}

test('a pause is told to every reader for a minute at least, and for two at most', async () => {
  const clock = new ManualClock();
  const { newMonitor, saw } = monitors();
  const read = watchEventLoop(clock, newMonitor);
  assert.deepEqual(read(), { p99Seconds: 0, maxSeconds: 0 });
  saw(...Array.from({ length: 200 }, () => 20), 520);
  for (const _reader of ['one', 'other']) assert.deepEqual(read(), { p99Seconds: 0, maxSeconds: 0.5 });
  const seconds: number[] = [];
  for (let second = 1; second <= 180; second++) {
    await clock.advance(1000);
    saw(20);
    if (read().maxSeconds === 0.5) seconds.push(second);
  }
  assert.ok(seconds.length >= 60 && seconds.length <= 120, `${seconds.length} s`);
});

test('what was between two reads is told, however far apart', async () => {
  const clock = new ManualClock();
  const { newMonitor, saw } = monitors();
  const read = watchEventLoop(clock, newMonitor);
  read();
  saw(120);
  await clock.advance(3_600_000);
  assert.equal(read().maxSeconds, 0.1);
});

test('a real pause of the process shows, also one in which its value was read', async () => {
  const clock = new ManualClock();
  const read = watchEventLoop(clock);
  await sleep(100);
  await clock.advance(60_000);
  read();
  const endMs = performance.now() + 300;
  while (performance.now() < endMs);
  await sleep(100);
  const { p99Seconds, maxSeconds } = read();
  assert.ok(maxSeconds >= 0.25, `${maxSeconds} s`);
  assert.ok(p99Seconds <= maxSeconds);
});
