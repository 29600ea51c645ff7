/** Detection of anything at all: never throws, always bounded, always the same. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { decideDedupe, remember, toTell } from '../../internal/pipeline/dedupe.ts';
import { decodeMemory, encodeMemory } from '../../internal/pipeline/detect-memory.ts';
import { boundedText } from '../../internal/pipeline/detect-message.ts';
import type { Incidents } from '../../internal/pipeline/incidents.ts';
import { decodeIncidents, encodeIncidents } from '../../internal/pipeline/incidents-codec.ts';
import { MESSAGE_BYTES, REASON_BYTES } from '../../internal/platform/limits.ts';
import { anyFacts } from '../support/arbitrary-facts.ts';
import { look } from '../support/detecting.ts';
import { CREATED_MS } from '../support/pod-builder.ts';
import { runs } from '../support/runs.ts';

const isBounded = (text: string, bytes: number): boolean => Buffer.byteLength(text) <= bytes && text.isWellFormed();

test('any facts give bounded findings with well-formed words, in any change, twice the same', () => {
  fc.assert(
    fc.property(
      anyFacts,
      fc.constantFrom('added', 'modified', 'deleted'),
      fc.boolean(),
      (facts, change, isFirstLook) => {
        const context = { change, isFirstLook } as const;
        const detection = look(facts, context);
        assert.deepEqual(look(facts, context), detection);
        assert.ok(detection.findings.length <= 2 + 3 * facts.containers.length);
        for (const finding of detection.findings) {
          assert.ok(isBounded(finding.message, MESSAGE_BYTES));
          assert.ok(isBounded(finding.reason, REASON_BYTES));
          assert.ok(finding.families.length >= 1 && finding.families.length <= 6);
          for (const family of finding.families) assert.ok(isBounded(family, REASON_BYTES) && family !== '');
          for (const id of [finding.eventId, finding.incidentKey, finding.fingerprint])
            assert.match(id, /^[0-9a-f]{32}$/);
          assert.ok(finding.covers.length <= 1 + facts.containers.length);
          assert.ok(finding.restartsUnseen >= 0);
        }
      },
    ),
    { numRuns: runs(3000) },
  );
});

test('any sequence of facts goes through dedupe and its memory goes through text unchanged', () => {
  fc.assert(
    fc.property(fc.array(anyFacts, { maxLength: 8 }), fc.nat({ max: 400_000 }), (history, cooldownMs) => {
      let incidents: Incidents | undefined;
      let memory: ReturnType<typeof look>['memory'];
      for (const [index, facts] of history.entries()) {
        const detection = look(facts, { memory });
        memory = detection.memory;
        for (const finding of detection.findings) {
          const nowMs = CREATED_MS + index * 100_000;
          const decision = decideDedupe(finding, incidents, nowMs, cooldownMs);
          if (decision.send) toTell(finding, decision, incidents, cooldownMs);
          incidents = remember(finding, decision, incidents, nowMs);
        }
      }
      const stored = incidents === undefined ? undefined : encodeIncidents(incidents);
      if (stored !== undefined)
        assert.deepEqual(encodeIncidents(decodeIncidents(stored, Infinity) ?? new Map()), stored);
      const restarts = memory === undefined ? undefined : encodeMemory(memory);
      if (restarts !== undefined) assert.deepEqual(encodeMemory(decodeMemory(restarts) ?? new Map()), restarts);
    }),
    { numRuns: runs(500) },
  );
});

test('a text is cut at the edge of a character, or left alone where it fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 8, max: 100 }), (text, bytes) => {
      const bounded = boundedText(text, bytes);
      assert.ok(isBounded(bounded, bytes));
      if (Buffer.byteLength(text.toWellFormed()) <= bytes) assert.equal(bounded, text.toWellFormed());
      else assert.ok(text.toWellFormed().startsWith(bounded.slice(0, -1)));
    }),
    { numRuns: runs(2000) },
  );
});
