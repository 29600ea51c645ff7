/**
 * Anything that may come as a pod: real ones with parts replaced by any JSON, by texts nobody expects, by far too much of
 * something; and JSON that is no pod at all but has a uid.
 */
import fc from 'fast-check';
import { arbitraryPod } from './pod-arbitrary.ts';

const hostileText = fc.oneof(
  fc.constantFrom(
    '',
    'a\nb',
    '\u0000',
    '\u001b[31mred',
    '\u2028\u2029',
    '\u202egnirts',
    '\ud800',
    '\u{1F4A5}',
    '"',
    '\\',
  ),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'CrashLoopBackOff',
    'ErrImagePull',
    'Evicted',
    'Failed',
    '2026-01-01T00:00:00Z',
  ),
  fc.constantFrom('x', '\u{1F4A5}', '\u0001', '\ud800', '"').map((unit) => unit.repeat(100_000)),
  fc.constantFrom('password=hunter2 ', 'https://a:b@c/ ', 'Bearer abcdefgh ').map((unit) => unit.repeat(500)),
  fc.string({ unit: 'binary', maxLength: 50 }),
);

const much = fc.oneof(
  fc.constant(Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`${at}`.padStart(63, 'k'), 'v'.repeat(63)]))),
  fc.constant(Array.from({ length: 1000 }, (_, at) => ({ name: `c${at}`, state: { terminated: { exitCode: 1 } } }))),
  fc.constant(
    JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}') as object,
  ),
);

const anything: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 1, arbitrary: much },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 2, arbitrary: fc.constantFrom(0, -1, 1e308, -1e308, 2 ** 53, 0.5, null, true, [], {}, [null], [[]]) },
);

const edit = fc.record({ steps: fc.array(fc.nat(), { minLength: 1, maxLength: 8 }), value: anything });

/** Goes down by the steps, taken modulo what there is, and replaces what it ends at. */
function edited(object: unknown, { steps, value }: { steps: readonly number[]; value: unknown }): unknown {
  const [step = 0, ...rest] = steps;
  if (object === null || typeof object !== 'object') return value;
  const keys = Object.keys(object);
  if (keys.length === 0) return value;
  const key = keys[step % keys.length] ?? '';
  const parts = object as Record<string, unknown>;
  const next = rest.length === 0 ? value : edited(parts[key], { steps: rest, value });
  return Array.isArray(object) ? Object.assign([...(object as unknown[])], { [key]: next }) : { ...parts, [key]: next };
}

const withUid = (pod: unknown): unknown => {
  if (pod === null || typeof pod !== 'object') return { metadata: { uid: 'u' }, status: pod };
  const { metadata } = pod as { metadata?: unknown };
  return { ...pod, metadata: { ...(typeof metadata === 'object' ? metadata : {}), uid: 'uid-1' } };
};

/** As JSON.parse gives it. */
export const anyJsonPod: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(arbitraryPod, fc.array(edit, { maxLength: 6 }))
      .map(([pod, edits]) => edits.reduce(edited, pod)),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }).map(withUid) },
  { weight: 1, arbitrary: fc.jsonValue() },
);
