/** Identity over generated lives of pods: the same fact has one name, two facts never share one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { detect } from '../../internal/pipeline/detect.ts';
import type { PodMemory } from '../../internal/pipeline/detect-memory.ts';
import type { Finding } from '../../internal/pipeline/finding.ts';
import { encodeFields, eventId } from '../../internal/pipeline/identity.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { anyHistory, disturbedHistory, editedHistory, livingHistory } from '../support/arbitrary-history.ts';
import { CREATED_MS } from '../support/pod-builder.ts';
import { runs } from '../support/runs.ts';

interface Watched {
  readonly findings: readonly Finding[];
  readonly memory: PodMemory | undefined;
}

/** A replica that sees these steps, with the memory and the facts before handed on as pipeline and store do. */
function watch(steps: readonly PodFacts[]): Watched {
  const findings: Finding[] = [];
  let memory: PodMemory | undefined;
  let before: PodFacts | undefined;
  for (const pod of steps) {
    const context = { clusterId: 'c1', nowMs: CREATED_MS, change: 'modified', isFirstLook: false } as const;
    const detection = detect(pod, { ...context, memory, before });
    findings.push(...detection.findings);
    memory = detection.memory;
    before = pod;
  }
  return { findings, memory };
}

/** Every name that counts as told. */
function namesOf({ findings }: Watched): Set<string> {
  return new Set(findings.flatMap((finding) => [finding.eventId, ...finding.covers]));
}

function difference(some: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return [...some].filter((name) => !others.has(name));
}

test('fields are encoded so that no two lists of fields give the same text', () => {
  const fields = fc.array(fc.string({ unit: fc.constantFrom('1', ':', 'a', '\u{1F600}') }), { maxLength: 5 });
  fc.assert(
    fc.property(fields, fields, (one, other) => {
      assert.equal(encodeFields(one) === encodeFields(other), JSON.stringify(one) === JSON.stringify(other));
    }),
    { numRuns: runs(2000) },
  );
});

test('every failed exit of a living pod, but for sidecars, whose exit may be planned, has one name, and no two exits share one', () => {
  fc.assert(
    fc.property(livingHistory, ({ model, steps }) => {
      const names = namesOf(watch(steps));
      const failed = model.exits.filter(({ code, container }) => code !== 0 && container !== 'sidecar');
      const idOf = (container: string, id: string): string => {
        const facts = model.facts.containers.find(({ name }) => name === container);
        assert.ok(facts !== undefined);
        return eventId({ clusterId: 'c1', subject: 'uid:uid-1', container: facts, occurrence: `exit:${id}` });
      };
      const expected = new Set(failed.map(({ container, id }) => idOf(container, id)));
      assert.equal(expected.size, failed.length);
      assert.deepEqual(difference(expected, names), []);
    }),
    { numRuns: runs(500) },
  );
});

test('a name never tells of two things', () => {
  fc.assert(
    fc.property(editedHistory, ({ steps }) => {
      const about = new Map<string, string>();
      for (const { eventId: id, occurrence, container } of watch(steps).findings) {
        const thing = `${container?.role ?? ''}/${container?.name ?? ''}/${occurrence}`;
        assert.equal(about.get(id) ?? thing, thing);
        about.set(id, thing);
      }
    }),
    { numRuns: runs(300) },
  );
});

test('any gaps and repetitions show a subset of what an undisturbed watch shows', () => {
  fc.assert(
    fc.property(disturbedHistory, ({ history, shown }) => {
      assert.deepEqual(difference(namesOf(watch(shown)), namesOf(watch(history.steps))), []);
    }),
    { numRuns: runs(2000) },
  );
});

test('a relist that hides nothing changes nothing', () => {
  fc.assert(
    fc.property(editedHistory, fc.array(fc.boolean(), { maxLength: 61 }), ({ steps }, repeats) => {
      const shown = steps.flatMap((step, index) => (repeats[index] === true ? [step, step] : [step]));
      assert.deepEqual([...namesOf(watch(shown))], [...namesOf(watch(steps))]);
    }),
    { numRuns: runs(300) },
  );
});

test('a replica that begins late gives what it sees the names the others gave', () => {
  fc.assert(
    fc.property(anyHistory, fc.nat(), ({ steps }, from) => {
      const late = steps.slice(from % steps.length);
      assert.deepEqual(difference(namesOf(watch(late)), namesOf(watch(steps))), []);
    }),
    { numRuns: runs(500) },
  );
});

test('exits that showed and restarts nobody saw add up to what really happened', () => {
  fc.assert(
    fc.property(disturbedHistory, ({ history, shown }) => {
      const last = shown.at(-1);
      if (last === undefined || last.phase === 'Failed' || hasLost(history.steps)) return;
      const { findings, memory } = watch(shown);
      for (const { name } of last.containers) {
        const told = findings.filter(({ container }) => container?.name === name);
        const unseen = told.reduce((sum, { restartsUnseen }) => sum + restartsUnseen, memory?.get(name)?.unseen ?? 0);
        assert.equal(seenExits(shown, name).size + unseen, exitsUntil(last, name), name);
      }
    }),
    { numRuns: runs(1000) },
  );
});

function seenExits(shown: readonly PodFacts[], name: string): Set<string> {
  const ids = shown.flatMap(({ containers }) =>
    containers.filter((container) => container.name === name).flatMap(({ state, lastState }) => [state, lastState]),
  );
  return new Set(ids.flatMap((state) => (state.kind === 'terminated' ? [state.containerId] : [])));
}

/** What the last look's own counts say really happened. */
function exitsUntil({ containers }: PodFacts, name: string): number {
  const container = containers.find((other) => other.name === name);
  assert.ok(container !== undefined);
  const { state, lastState, containerId, restartCount } = container;
  const isBackingOff =
    state.kind === 'waiting' && lastState.kind === 'terminated' && lastState.containerId === containerId;
  return restartCount + (state.kind === 'terminated' || isBackingOff ? 1 : 0);
}

function hasLost(steps: readonly PodFacts[]): boolean {
  return steps.some(({ containers }) =>
    containers.some(({ lastState }) => lastState.kind === 'terminated' && lastState.containerId === ''),
  );
}
