import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { areSurelyValid, isSurelyValid } from '../../../cmd/plane/quick-check.ts';
import { encodeFinding } from '../../../internal/restate/wire-format.ts';
import { wireEventSchema } from '../../../internal/restate/wire-schema.ts';
import { anEvent } from '../../support/event-builder.ts';
import { aFinding } from '../../support/finding-builder.ts';
import { runs } from '../../support/runs.ts';

const everything = {
  ...anEvent('a'),
  claimed_ids: ['project_id'],
  occurred_at: '2026-01-01T00:00:00.000Z',
  ...{
    container_role: 'app',
    image: 'cart:1',
    exit_code: -1,
    signal: 9,
    exit_reason: 'OOMKilled',
    ran_for_ms: 12,
    exit_cause: 'oom',
    context: { notes: ['logs: forbidden'] },
    occurrences: 2,
  },
  ...{ covers: ['b'], truncated: true, test: true, scope: 'node/1' },
};

/** What somebody may have put in the place of a field. */
const anything = fc.oneof(
  fc.constantFrom('', 'x', 'x'.repeat(257), 'x'.repeat(9000), null, -1, 0, 1.5, 2 ** 60, true, [], ['a'], [1], {}),
  fc.constantFrom(
    { a: 'b' },
    { a: 1 },
    ['x'.repeat(300)],
    Array.from({ length: 1001 }, () => 'a'),
  ),
  fc.constantFrom('2026-02-28T23:59:59Z', '2026-02-30T00:00:00Z', '2026-02-28T24:00:00Z', '2026-01-01T00:00:00+01:00'),
  fc.jsonValue(),
);

describe('a quick look at an event', () => {
  test('is enough for what the agent writes', () => {
    const context = { agentVersion: '1', namespaceLabels: () => undefined, workloadOf: () => undefined };
    assert.ok(isSurelyValid(JSON.parse(Buffer.from(encodeFinding(aFinding(), context)).toString())));
  });

  test('is enough for an event with all fields the schema has', () => {
    assert.ok(isSurelyValid(everything));
  });

  test('never takes what the schema would not', () => {
    const fields = fc.constantFrom(...Object.keys(everything), 'labels', '__proto__', 'later');
    fc.assert(
      fc.property(fc.array(fc.tuple(fields, anything), { maxLength: 3 }), fc.option(fields), (changes, missing) => {
        const event: Record<string, unknown> = { ...everything };
        for (const [field, value] of changes) event[field] = value;
        if (missing !== null) Reflect.deleteProperty(event, missing);
        const received = JSON.parse(JSON.stringify(event)) as unknown;
        if (isSurelyValid(received)) assert.ok(wireEventSchema.safeParse(received).success);
      }),
      { numRuns: runs(2000) },
    );
  });

  for (const [what, event] of [
    ['a field it does not know', { ...anEvent('a'), later: 1 }],
    ['a field that is missing', { ...anEvent('a'), event_id: undefined }],
    ['a wrong field', { ...anEvent('a'), restart_count: -1 }],
    ['no object', 'event'],
    ['a list', []],
  ] as const) {
    test(`leaves ${what} to the schema`, () => {
      assert.equal(isSurelyValid(event), false);
    });
  }

  test('leaves an empty batch, one that is too large and one that is none to the schema', () => {
    for (const batch of [[], [anEvent('a'), anEvent('b')], {}, null]) assert.equal(areSurelyValid(batch, 1), false);
    assert.ok(areSurelyValid([anEvent('a')], 1));
  });
});
