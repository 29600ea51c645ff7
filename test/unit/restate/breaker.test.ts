import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { DeliveryOutcome } from '../../../internal/pipeline/delivery.ts';
import { createBreaker, type Breaker } from '../../../internal/restate/breaker.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { named } from '../../support/plane-rig.ts';

const accepted: DeliveryOutcome = { kind: 'accepted', reason: 'executed', status: 200 };
const down: DeliveryOutcome = {
  kind: 'retry',
  key: 'same',
  reason: 'timeout',
  status: 0,
  afterMs: undefined,
  detail: '',
};
const poison: DeliveryOutcome = { kind: 'split', reason: 'invalid', status: 422, detail: '' };
const refused: DeliveryOutcome = { kind: 'refused', reason: 'unauthorized', status: 401, detail: '' };
const handlerFailed: DeliveryOutcome = { ...down, key: 'next-generation', reason: 'invocation-failed', status: 500 };

const PROBE_AFTER_MS = 30_000;

/** opossum's timers are Node's own; the test's clock only dates them. */
function rig(t: TestContext): {
  breaker: Breaker;
  states: string[];
  run: (outcome: DeliveryOutcome) => Promise<string>;
  made: () => number;
} {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
  const states: string[] = [];
  let made = 0;
  const breaker = createBreaker({ clock: new ManualClock(), onChange: ({ kind }) => states.push(kind) });
  t.after(() => breaker.stop());
  const run = async (outcome: DeliveryOutcome): Promise<string> => {
    const attempt = (): Promise<DeliveryOutcome> => {
      made += 1;
      return Promise.resolve(outcome);
    };
    return named(await breaker.run(attempt));
  };
  return { breaker, states, run, made: () => made };
}

async function fail(run: (outcome: DeliveryOutcome) => Promise<string>, times: number): Promise<void> {
  for (let index = 0; index < times; index++) assert.equal(await run(down), 'retry timeout same');
}

describe('the breaker', () => {
  test('opens after five failures in a row, however slowly they come', async (t) => {
    const { breaker, run } = rig(t);
    for (let index = 0; index < 4; index++) {
      await run(down);
      t.mock.timers.tick(60_000);
    }
    assert.equal(breaker.state().kind, 'closed');
    await run(down);
    assert.deepEqual(breaker.state(), { kind: 'open', untilMs: PROBE_AFTER_MS });
  });

  test('stays closed while successes come in between', async (t) => {
    const { breaker, run } = rig(t);
    for (let index = 0; index < 10; index++) {
      await fail(run, 4);
      await run(accepted);
    }
    assert.equal(breaker.state().kind, 'closed');
  });

  for (const answer of [poison, refused, handlerFailed]) {
    test(`never opens for ${answer.kind} ${answer.reason}, which proves that somebody is there`, async (t) => {
      const { breaker, run } = rig(t);
      for (let index = 0; index < 100; index++) await run(answer);
      assert.equal(breaker.state().kind, 'closed');
      await fail(run, 4);
      await run(answer);
      await fail(run, 4);
      assert.equal(breaker.state().kind, 'closed');
    });
  }

  test('makes no attempt while open, and says until when', async (t) => {
    const { breaker, run, made } = rig(t);
    await fail(run, 5);
    const outcome = await breaker.run(() => assert.fail('an attempt was made'));
    assert.ok(outcome.kind === 'retry' && outcome.reason === 'breaker-open');
    assert.equal(outcome.afterMs, PROBE_AFTER_MS);
    assert.equal(made(), 5);
  });

  test('lets one probe through after 30 s, the others wait for its result', async (t) => {
    const { breaker, run, made } = rig(t);
    await fail(run, 5);
    t.mock.timers.tick(PROBE_AFTER_MS);
    assert.equal(breaker.state().kind, 'half-open');
    const probe = Promise.withResolvers<DeliveryOutcome>();
    const probing = breaker.run(() => probe.promise);
    assert.equal(await run(accepted), 'retry breaker-open same');
    assert.equal(made(), 5);
    probe.resolve(accepted);
    await probing;
    assert.equal(await run(accepted), 'accepted executed');
  });

  test('is open for another 30 s after one failed probe', async (t) => {
    const { breaker, run, states } = rig(t);
    await fail(run, 5);
    for (let index = 0; index < 3; index++) {
      t.mock.timers.tick(PROBE_AFTER_MS);
      await fail(run, 1);
      assert.equal(breaker.state().kind, 'open');
      t.mock.timers.tick(PROBE_AFTER_MS - 1);
      assert.equal(await run(accepted), 'retry breaker-open same');
      t.mock.timers.tick(1);
      await fail(run, 1);
    }
    assert.deepEqual(states.slice(0, 4), ['open', 'half-open', 'open', 'half-open']);
  });

  test('counts anew after it closed', async (t) => {
    const { breaker, run } = rig(t);
    await fail(run, 5);
    t.mock.timers.tick(PROBE_AFTER_MS);
    await run(poison);
    assert.equal(breaker.state().kind, 'closed');
    await fail(run, 4);
    assert.equal(breaker.state().kind, 'closed');
  });

  test('a success that was under way when it opened does not close it', async (t) => {
    const { breaker, run } = rig(t);
    const late = Promise.withResolvers<DeliveryOutcome>();
    const running = breaker.run(() => late.promise);
    await fail(run, 5);
    late.resolve(accepted);
    assert.equal((await running).kind, 'accepted');
    assert.equal(breaker.state().kind, 'open');
  });

  test('makes no attempt after stop, and keeps no timer', async (t) => {
    const { breaker, run } = rig(t);
    await fail(run, 5);
    breaker.stop();
    assert.equal(named(await breaker.run(() => assert.fail('an attempt was made'))), 'retry network same');
  });
});
