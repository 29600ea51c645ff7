/** What the reference plane lets its operators set as silences, the agent takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSilences } from '../../internal/config/remote-silences.ts';
import { silenceSchema } from '../../internal/restate/wire-schema.ts';

const name = fc.constantFrom(
  'web',
  'Deployment/web-*',
  '*',
  '**',
  '',
  'a,b',
  'app=web',
  'app in (a',
  '!canary',
  'x'.repeat(257),
);
const names = fc.array(name, { maxLength: 3 });
const match = fc.record(
  { namespaces: names, workloads: names, reasons: names, selector: name, pods: names },
  { requiredKeys: [] },
);
const until = fc.constantFrom(
  '2026-11-22T10:00:00Z',
  '2026-11-22T10:00Z',
  '2026-02-30T10:00:00Z',
  '2026-11-22T10:00:00+01:00',
);
const silence = fc.record(
  { id: name, owner: name, until, comment: name, match, more: fc.constant(1) },
  { requiredKeys: ['id', 'owner', 'until', 'match'] },
);

test('a silence that the reference plane takes is one to the agent', () => {
  let taken = 0;
  fc.assert(
    fc.property(silence, (raw) => {
      const parsed = silenceSchema.safeParse(raw);
      if (!parsed.success) return;
      const { silences, refused } = readSilences([JSON.parse(JSON.stringify(parsed.data))]);
      assert.equal(silences.length, 1, refused.join());
      taken++;
    }),
    { numRuns: 5000 },
  );
  assert.ok(taken > 0);
});
