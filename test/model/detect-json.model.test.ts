/** Any JSON as a pod, from the reader to the bytes of the wire: never throws, always bounded, and nothing leaks out of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPodJson } from '../../internal/kubernetes/pod-facts-json.ts';
import { decideDedupe, remember, toTell } from '../../internal/pipeline/dedupe.ts';
import { decideFilter } from '../../internal/pipeline/filter.ts';
import type { Finding } from '../../internal/pipeline/finding.ts';
import type { Incidents } from '../../internal/pipeline/incidents.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { EVENT_BYTES } from '../../internal/platform/limits.ts';
import { createLogger } from '../../internal/platform/log.ts';
import { encodeFinding } from '../../internal/restate/wire-format.ts';
import { anyJsonPod } from '../support/arbitrary-json.ts';
import { look } from '../support/detecting.ts';
import { CREATED_MS } from '../support/pod-builder.ts';
import { threadMs } from '../support/thread-time.ts';
import { runs } from '../support/runs.ts';

/** 3,000 of them made 1,359 to 3,984 events in 38 runs: so many that the bound below is far from chance. */
const PODS = runs(9_000);
const YEAR_MS = 365 * 24 * 3_600_000;
const settings = {
  dedupCooldownMs: 180_000,
  batchSize: 100,
  batchFlushMs: 1000,
  enabledReasons: ['*'],
  eventTypes: [],
};

/** What is told of it now, and of its lasting so for a year. */
function eventsOf(json: unknown): Uint8Array[] {
  const reading = readPodJson(json);
  if (reading instanceof CodedError || reading.facts === undefined) return [];
  const { facts } = reading;
  const findings = [CREATED_MS, CREATED_MS + YEAR_MS].flatMap((nowMs) => look(facts, { nowMs }).findings);
  let incidents: Incidents | undefined;
  return findings.flatMap((finding) => {
    if (!decideFilter(finding, settings).pass) return [];
    const decision = decideDedupe(finding, incidents, CREATED_MS, settings.dedupCooldownMs);
    const told = decision.send ? toTell(finding, decision, incidents, settings.dedupCooldownMs) : finding;
    incidents = remember(finding, decision, incidents, CREATED_MS);
    return [encode(told)];
  });
}

function encode(finding: Finding): Uint8Array {
  return encodeFinding(finding, {
    agentVersion: '1.0.0',
    namespaceLabels: () => new Map(),
    workloadOf: () => undefined,
  });
}

test('any JSON as a pod never throws, and each event of it is one line of at most 8 KiB of well-formed JSON', () => {
  let told = 0;
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } });
  fc.assert(
    fc.property(anyJsonPod, (json) => {
      for (const bytes of eventsOf(json)) {
        told++;
        assert.ok(bytes.length <= EVENT_BYTES, `${bytes.length} bytes`);
        const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        assert.doesNotMatch(text, /[\r\n]/, 'an event is one line');
        const event = JSON.parse(text) as Record<string, unknown>;
        for (const value of Object.values(event)) assert.ok(typeof value !== 'string' || value.isWellFormed());
        logger.info({ event }, 'an event');
        assert.match(lines.splice(0).join(''), /^[^\r\n]*\n$/, 'an event is one line of the log');
        assert.ok(!String(event['message']).includes('hunter2'), 'a secret is on the wire');
      }
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    }),
    { numRuns: PODS },
  );
  assert.ok(told > runs(1000), `${told} events: the test proves little`);
});

test('a pod of huge texts costs little: 100 KB in each place take less than some milliseconds', () => {
  const huge = 'password='.repeat(11_000);
  const state = { terminated: { exitCode: 1, reason: huge, message: huge, containerID: huge } };
  const status = { name: 'app', state, lastState: state, restartCount: 3 };
  const json = {
    metadata: { uid: 'u', name: huge, namespace: huge, labels: { [huge]: huge } },
    spec: { containers: [{ name: 'app', image: huge }] },
    status: { phase: 'Failed', reason: huge, message: huge, containerStatuses: [status] },
  };
  const tookMs = threadMs(() => assert.ok(eventsOf(json).length > 0));
  assert.ok(tookMs < 10, `${tookMs} ms`);
});
