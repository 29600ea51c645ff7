/** Generators of lives of pods to replay, of what is done to connection and agents meanwhile, and of pieces of bytes. */
import fc from 'fast-check';
import { anyAction } from './arbitrary-history.ts';
import type { Cut } from './pod-server.ts';
import type { Life, Step } from './replay-lives.ts';
import type { Disturbance } from './replay-world.ts';

const PODS = 2;
const MOST_STEPS = 40;

/** Long enough for a broken connection to be back before the step; sometimes for a cooldown or a stuck state to be over. */
const pause = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(5_000, 7_000, 12_000) },
  { weight: 1, arbitrary: fc.constantFrom(60_000, 200_000, 400_000) },
);

const action: fc.Arbitrary<Step['action']> = fc.oneof(
  { weight: 30, arbitrary: anyAction },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('ready' as const), container: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const) }) },
);

const step: fc.Arbitrary<Step> = fc.record({ afterMs: pause, pod: fc.nat({ max: PODS - 1 }), action });

/** One container that exits and is restarted over and over. */
export const crashingLife: fc.Arbitrary<Life> = fc.record({
  policies: fc.constant(['Always' as const]),
  steps: fc.array(
    fc.record({
      afterMs: pause,
      pod: fc.constant(0),
      action: fc.constantFrom<Step['action']>(
        { do: 'exit', container: 2, code: 1, isOom: false },
        { do: 'exit', container: 2, code: 0, isOom: false },
        { do: 'proceed', container: 2 },
        { do: 'proceed', container: 2 },
        { do: 'proceed', container: 2 },
      ),
    }),
    { minLength: 10, maxLength: MOST_STEPS, size: 'max' },
  ),
});

/** Lives of a few pods, on one timeline. */
export const life: fc.Arbitrary<Life> = fc.record({
  policies: fc.array(fc.constantFrom('Always', 'OnFailure', 'Never'), { minLength: PODS, maxLength: PODS }),
  steps: fc.array(step, { maxLength: MOST_STEPS, size: 'max' }),
});

const at = fc.nat({ max: MOST_STEPS });
const disturbance = {
  reset: fc.record({ at, kind: fc.constantFrom('reset', 'relist') }),
  repeat: fc.record({ at, kind: fc.constant('repeat'), events: fc.constant(1) }),
  restart: fc.record({ at, kind: fc.constant('restart') }),
  lost: fc.record({ at, kind: fc.constant('restart-lost') }),
  switch: fc.record({ at, kind: fc.constant('switch') }),
  outage: fc.record({ at, kind: fc.constant('outage'), steps: fc.integer({ min: 1, max: 6 }) }),
} satisfies Record<string, fc.Arbitrary<Disturbance>>;

const some = (...of: readonly fc.Arbitrary<Disturbance>[]): fc.Arbitrary<Disturbance[]> =>
  fc.array(fc.oneof(...of), { maxLength: 6 });

/** The connection breaks and comes back, and nothing is missed. */
export const hidesNothing = some(disturbance.reset, disturbance.repeat);

/** The same where it may take longer to come back than until the next event: that is sent then. */
export const hidesNoBytes = some(fc.record({ at, kind: fc.constant('reset') }), disturbance.repeat);

/** And the API server is away, and does not tell what happened meanwhile; the agent lives through it. */
export const hidesFacts = some(disturbance.reset, disturbance.repeat, disturbance.outage);

/** Most of what happens is hidden. */
export const hidesMost = some(
  fc.record({ at, kind: fc.constant('outage'), steps: fc.integer({ min: 5, max: 20 }) }),
  disturbance.reset,
);

/** And the agent is killed and started again with what it stored. */
export const restarts = some(disturbance.reset, disturbance.repeat, disturbance.restart);

/** And the API server is away, and does not tell what happened meanwhile. */
export const hides = some(disturbance.reset, disturbance.repeat, disturbance.restart, disturbance.outage);

/** Who leads changes, and nothing is missed. */
export const switches = some(disturbance.switch, disturbance.reset, disturbance.repeat);

/** Anything, with who leads changing and state lost. */
export const anything = some(...Object.values(disturbance));

export const format = fc.constantFrom('json' as const, 'protobuf' as const);

/** Frames in pieces of these lengths, over and over; whole where there are none. */
export const cut: fc.Arbitrary<Cut> = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 2000 })), { maxLength: 6 })
  .map((lengths) =>
    Object.assign((frame: Buffer) => pieces(frame, lengths), { toString: () => `cut at ${lengths.join()}` }),
  );

/** At most so many pieces of a frame: of one byte each they only take time. */
const MOST_PIECES = 50;

function pieces(frame: Buffer, lengths: readonly number[]): Buffer[] {
  const found: Buffer[] = [];
  let start = 0;
  for (let piece = 0; start < frame.length && piece < MOST_PIECES && lengths.length > 0; piece++) {
    const end = start + (lengths[piece % lengths.length] ?? frame.length);
    found.push(frame.subarray(start, end));
    start = end;
  }
  return start < frame.length ? [...found, frame.subarray(start)] : found;
}
