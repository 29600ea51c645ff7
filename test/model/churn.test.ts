/**
 * Pods come and go for months, each with names nobody had before: what was kept of them goes with them. CHURN_PODS sets their
 * number: 100,000 in the suite, a million at night.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PodProtobuf } from '../../internal/kubernetes/pod-protobuf.ts';
import { silentReadObserver } from '../../internal/kubernetes/pod-reading.ts';
import { PodStore } from '../../internal/kubernetes/pod-store.ts';
import { protobufWatchStream } from '../../internal/kubernetes/watch-stream-protobuf.ts';
import type { PodChange } from '../../internal/pipeline/pod-facts.ts';
import { PipelineRig } from '../support/pipeline-rig.ts';
import { lifeOf } from '../support/short-lived-pods.ts';
import { runs } from '../support/runs.ts';

const pods = Number(process.env['CHURN_PODS'] ?? runs(100_000));
const BOUND_BYTES = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Of the heap and of the buffers outside of it, after what nobody needs is gone. The test runner lets go of its notes on
 * promises a turn after they went.
 */
async function keptBytes(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await setImmediate();
  }
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** From the bytes of a watch to the store, as the reflector puts it together. */
function watching(onChange: (change: PodChange) => void): { store: PodStore; push: (frame: Buffer) => void } {
  const store = new PodStore({ onChange });
  const reader = new PodProtobuf(store, silentReadObserver);
  const handler = {
    upsert: (reading: Parameters<PodStore['upsert']>[0]) => store.upsert(reading, 'watch'),
    remove: (reading: Parameters<PodStore['remove']>[0]) => store.remove(reading, 'watch'),
    bookmark: () => undefined,
  };
  const subject = { verb: 'watch', resource: 'pods', group: '' } as const;
  const stream = protobufWatchStream(subject, reader, handler, 1 << 20);
  return { store, push: (frame) => stream.push(frame) };
}

describe(`${pods} pods that live shortly`, { timeout: 3_600_000 }, () => {
  test('leave nothing in the store and its strings, those that fail neither', async () => {
    let told = 0;
    const { store, push } = watching(() => told++);
    const live = (from: number, to: number): void => {
      for (let number = from; number < to; number++) {
        for (const frame of lifeOf(number, number % 3 === 0 ? 'failing' : 'quiet')) push(frame);
      }
    };
    live(0, pods / 5);
    const before = await keptBytes();
    live(pods / 5, pods);
    const grownBytes = (await keptBytes()) - before;
    assert.deepEqual([store.size, store.loud, store.namespaces], [0, 0, 0]);
    assert.ok(told >= pods, `only ${told} changes were told: the test proves little`);
    assert.ok(grownBytes < BOUND_BYTES, `it grew by ${grownBytes} bytes`);
  });

  test('leave nothing in the pipeline once they are gone for long, each of them told', async () => {
    const rig = new PipelineRig();
    await rig.pipeline.load();
    const { push } = watching((change) => rig.pipeline.process(change));
    rig.pipeline.synced();
    let stored = 0;
    const live = async (from: number, to: number): Promise<void> => {
      for (let number = from; number < to; number++) {
        for (const frame of lifeOf(number, 'failing')) push(frame);
        if (number % 500 !== 499) continue;
        await rig.pipeline.settled();
        await rig.clock.advance(60_000);
        stored += forget(rig);
      }
      await rig.pipeline.settled();
      await rig.clock.advance(24 * 3_600_000);
      stored += forget(rig);
    };
    const failing = pods / 5;
    await live(0, failing / 5);
    const before = await keptBytes();
    await live(failing / 5, failing);
    const grownBytes = (await keptBytes()) - before;
    assert.equal(stored, failing);
    assert.ok(grownBytes < BOUND_BYTES, `it grew by ${grownBytes} bytes`);
  });
});

/** What the rig wrote down, thrown away; the number of events stored. */
function forget({ observer, outbox }: PipelineRig): number {
  for (const list of [observer.decisions, observer.silences, observer.states, observer.skippedChanges]) list.length = 0;
  observer.changed.length = 0;
  outbox.appends.length = 0;
  observer.storedFindings = [];
  return outbox.events.splice(0).length;
}
