/** From a damaged row on the disk to the plane: every failure that still shows gets there, and counts once. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { LOST_TOGETHER_MS } from '../../../internal/platform/limits.ts';
import type { Outbox } from '../../../internal/pipeline/outbox.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { openDurable, temporaryDirectory } from '../../support/outbox-directory.ts';
import { PipelineRig, ScriptedOutbox } from '../../support/pipeline-rig.ts';
import { pod, type PodBuilder } from '../../support/pod-builder.ts';

const HOUR_MS = 3_600_000;
const PODS = 12;
const evicted = (number: number): PodBuilder => pod().named('shop', `web-${number}`).failed('Evicted', 'low on memory');
const allPods = Array.from({ length: PODS }, (_, number) => evicted(number));

/** The rig's outbox, on the disk. */
class OutboxOnDisk extends ScriptedOutbox {
  readonly #disk: Outbox;
  constructor(disk: Outbox) {
    super();
    this.#disk = disk;
  }
  override append(...call: Parameters<Outbox['append']>): ReturnType<Outbox['append']> {
    return this.#disk.append(...call);
  }
  override loadState(space: string): ReturnType<Outbox['loadState']> {
    return this.#disk.loadState(space);
  }
  override onLost(listener: () => void): () => void {
    return this.#disk.onLost(listener);
  }
}

/** What a plane counted: each id once, however often it came. */
class CountingPlane {
  readonly counted: string[] = [];
  readonly #known = new Set<string>();

  async takeAll(outbox: Outbox): Promise<void> {
    const limits = { events: 5, bytes: 1e6 };
    for (let batch = await outbox.freeze(limits); batch !== undefined; batch = await outbox.freeze(limits)) {
      for (const { eventId, pod: name } of await outbox.acknowledge(batch.batchId)) {
        if (!this.#known.has(eventId)) this.counted.push(name);
        this.#known.add(eventId);
      }
    }
  }
}

async function agentOn(t: TestContext, dir: string, clock: ManualClock) {
  const { outbox } = await openDurable(t, dir, { clock });
  const rig = new PipelineRig({ outbox: new OutboxOnDisk(outbox), clock });
  rig.pods = allPods.map((one) => one.facts());
  await rig.pipeline.load();
  return { rig, outbox };
}

for (const damage of ["UPDATE event SET body = x'00' WHERE seq = 7", 'DELETE FROM event WHERE seq IN (3, 7)']) {
  test(`each failure of ${PODS} counts once at the plane after: ${damage}`, async (t) => {
    const dir = await temporaryDirectory(t);
    const clock = new ManualClock();
    const before = await agentOn(t, dir, clock);
    before.rig.pipeline.synced();
    for (const one of allPods) await before.rig.change(one, 'watch', 'added');
    await before.rig.pipeline.stop();
    await before.outbox.close();
    const db = new DatabaseSync(join(dir, 'outbox.db'));
    db.exec(damage);
    db.close();
    await clock.advance(3 * HOUR_MS);

    const { rig, outbox } = await agentOn(t, dir, clock);
    for (const one of allPods) await rig.change(one, 'initial', 'added');
    rig.pipeline.synced();
    await rig.pipeline.settled();
    const plane = new CountingPlane();
    await plane.takeAll(outbox);
    await clock.advance(LOST_TOGETHER_MS);
    await rig.pipeline.settled();
    await plane.takeAll(outbox);
    await rig.pipeline.stop();
    assert.deepEqual(plane.counted.sort(), allPods.map((one) => one.facts().name).sort());
  });
}
