import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { systemClock } from '../../../internal/platform/clock.ts';
import { secondsOf } from '../../../internal/server/debug-profiles.ts';
import { Profiler } from '../../../internal/server/profiler.ts';
import type { Activity } from '../../../internal/server/runtime-activity.ts';
import { serveDebug } from '../../support/debug-listener.ts';
import { until } from '../../support/e2e-until.ts';

/** Tells how many CPU profiles are being taken. */
class CountingProfiler extends Profiler {
  running = 0;

  override async cpu(seconds: number, over?: AbortSignal): Promise<Buffer> {
    this.running++;
    try {
      return await super.cpu(seconds, over);
    } finally {
      this.running--;
    }
  }
}

describe('profiles over HTTP', { timeout: 120_000 }, () => {
  test('of CPU and heap are in the format of pprof', async (t) => {
    const url = await serveDebug(t);
    for (const what of ['profile?seconds=0.05', 'heap']) {
      const answer = await fetch(`${url}/${what}`);
      const profile = Profile.decode(gunzipSync(Buffer.from(await answer.arrayBuffer())));
      assert.ok(profile.sampleType.length > 0 && profile.location.length > 0, what);
    }
  });

  test('say what Node waits for and how late its event loop is', async (t) => {
    const told = (await (await fetch(`${await serveDebug(t)}/goroutine`)).json()) as Activity;
    assert.ok(Object.keys(told.active).length > 0);
    assert.ok(told.event_loop.utilization >= 0 && told.event_loop.delay_ms.max >= told.event_loop.delay_ms.p50);
  });

  test('hold no heap snapshot unless it was switched on, and say how', async (t) => {
    const answer = await fetch(`${await serveDebug(t)}/heapsnapshot`);
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /--debug-heap-snapshots=true/);
  });

  test('stream a heap snapshot where it is allowed', async (t) => {
    const answer = await fetch(`${await serveDebug(t, { heapSnapshots: true })}/heapsnapshot`);
    assert.equal(answer.status, 200);
    const { snapshot } = (await answer.json()) as { snapshot: { node_count: number } };
    assert.ok(snapshot.node_count > 1000);
  });

  test('are taken one at a time', async (t) => {
    const url = await serveDebug(t);
    const statuses = await Promise.all([0, 1].map(async () => (await fetch(`${url}/profile?seconds=0.2`)).status));
    assert.deepEqual(statuses.sort(), [200, 429]);
    assert.equal((await fetch(`${url}/profile?seconds=0.01`)).status, 200);
  });

  test('end when their caller goes away, and only then another one is taken', async (t) => {
    const profiler = new CountingProfiler(systemClock());
    const url = await serveDebug(t, { profiler });
    for (let round = 0; round < 3; round++) {
      const leaves = new AbortController();
      const left = assert.rejects(fetch(`${url}/profile?seconds=120`, { signal: leaves.signal }));
      await until('a profile is being taken', () => profiler.running === 1);
      leaves.abort();
      await left;
      await until('it has ended', () => profiler.running === 0);
    }
    assert.equal((await fetch(`${url}/profile?seconds=0.01`)).status, 200);
  });

  test('that fail make room for others', async (t) => {
    const profiler = new Profiler(systemClock());
    t.mock.method(profiler, 'cpu', () => Promise.reject(new Error('canary')), { times: 1 });
    const url = await serveDebug(t, { profiler });
    const failed = await fetch(`${url}/profile`);
    assert.deepEqual([failed.status, await failed.text()], [500, '{"error":"internal error"}']);
    await until('there is room', async () => (await fetch(`${url}/profile?seconds=0.01`)).status === 200);
  });

  test('cost nothing by HEAD, or for a page of another site', async (t) => {
    const url = await serveDebug(t, { heapSnapshots: true });
    for (const what of ['profile', 'heap', 'goroutine', 'heapsnapshot']) {
      assert.equal((await fetch(`${url}/${what}`, { method: 'HEAD' })).status, 404, what);
    }
    for (const site of ['cross-site', 'same-site']) {
      const answer = await fetch(`${url}/profile?seconds=0.01`, { headers: { 'sec-fetch-site': site } });
      assert.equal(answer.status, 403, site);
    }
    const typed = await fetch(`${url}/profile?seconds=0.01`, { headers: { 'sec-fetch-site': 'none' } });
    assert.equal(typed.status, 200);
  });

  test('have a length within bounds, and else the default', () => {
    assert.deepEqual(
      [undefined, '5', '1e9', '-1', 'x', 'NaN'].map((text) => secondsOf(text, 10)),
      [10, 5, 120, 10, 10, 10],
    );
  });
});
