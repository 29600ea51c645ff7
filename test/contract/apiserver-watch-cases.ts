/** What watches promise: order, nothing left out, selectors, bookmarks, expiry, ends. */
import assert from 'node:assert/strict';
import type { WatchEvent } from './apiserver-client.ts';
import type { ContractCase, Stage } from './apiserver-contract.ts';

const STREAMING = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
const INITIAL_END = 'k8s.io/initial-events-end';

const story = (events: readonly WatchEvent[]): string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());

const isDeleted =
  (name: string) =>
  ({ type, object }: WatchEvent): boolean =>
    type === 'DELETED' && object.metadata.name === name;

const isInitialEnd = ({ type, object }: WatchEvent): boolean =>
  type === 'BOOKMARK' && object.metadata.annotations?.[INITIAL_END] === 'true';

async function watchFrom(stage: Stage, revision: string, query = ''): ReturnType<Stage['client']['watch']> {
  return stage.client.watch(`${stage.podsPath}?watch=1&resourceVersion=${revision}&timeoutSeconds=30${query}`);
}

export const watchCases: readonly ContractCase[] = [
  {
    promise: 'a watch tells everything after its revision, in order, each under a higher one',
    run: async (stage) => {
      await stage.createPods(['a']);
      const revision = await stage.revision();
      await stage.createPods(['b']);
      const watch = await watchFrom(stage, revision);
      assert.equal(watch.status, 200);
      assert.equal(watch.headers['content-type'], 'application/json');
      await stage.patchPod('a', { metadata: { labels: { step: '1' } } });
      await stage.deletePod('b');
      const events = await watch.until(isDeleted('b'));
      watch.close();
      assert.deepEqual(story(events), ['ADDED b', 'MODIFIED a', 'MODIFIED b', 'DELETED b']);
      const revisions = events.map((event) => Number(event.object.metadata.resourceVersion));
      assert.deepEqual(
        revisions,
        [...new Set(revisions)].sort((one, other) => one - other),
      );
      assert.ok(revisions[0]! > Number(revision));
    },
  },
  {
    promise: 'a deletion carries the last state, under the revision of the deletion',
    run: async (stage) => {
      await stage.createPods(['a'], { labels: { app: 'web' } });
      await stage.patchPod('a', { metadata: { annotations: { last: 'words' } } });
      const revision = await stage.revision();
      const watch = await watchFrom(stage, revision);
      await stage.deletePod('a');
      const last = (await watch.until(isDeleted('a'))).at(-1)!;
      watch.close();
      assert.deepEqual(last.object.metadata.labels, { app: 'web' });
      assert.equal(last.object.metadata.annotations?.['last'], 'words');
      assert.equal(last.object.kind, 'Pod');
      assert.ok(Number(last.object.metadata.resourceVersion) > Number(revision));
      assert.notEqual(last.object.metadata.deletionTimestamp, undefined);
    },
  },
  {
    promise: 'a pod made again under the same name has another uid',
    run: async (stage) => {
      const [first] = await stage.createPods(['a']);
      const watch = await watchFrom(stage, await stage.revision());
      await stage.deletePod('a');
      await stage.createPods(['a']);
      const events = await watch.until(({ type }) => type === 'ADDED');
      watch.close();
      assert.deepEqual(story(events).slice(-2), ['DELETED a', 'ADDED a']);
      assert.equal(events.at(-2)!.object.metadata.uid, first!.metadata.uid);
      assert.notEqual(events.at(-1)!.object.metadata.uid, first!.metadata.uid);
    },
  },
  {
    promise: 'a write that changes nothing is no event',
    run: async (stage) => {
      await stage.createPods(['a'], { labels: { app: 'web' } });
      const watch = await watchFrom(stage, await stage.revision());
      await stage.patchPod('a', { metadata: { labels: { app: 'web' } } });
      await stage.deletePod('a');
      const events = await watch.until(isDeleted('a'));
      watch.close();
      assert.deepEqual(story(events), ['MODIFIED a', 'DELETED a']);
      assert.notEqual(events[0]!.object.metadata.deletionTimestamp, undefined);
    },
  },
  {
    promise: 'a selector turns coming into view into ADDED and leaving it into DELETED, as it last was in view',
    run: async (stage) => {
      await stage.createPods(['a'], { labels: { app: 'web' } });
      const watch = await watchFrom(stage, await stage.revision(), '&labelSelector=app%3Dweb');
      const patched = await stage.patchPod('a', { metadata: { labels: { app: 'other' } } });
      await stage.patchPod('a', { metadata: { labels: { app: 'web' } } });
      const events = await watch.until(({ type }) => type === 'ADDED');
      watch.close();
      assert.deepEqual(story(events), ['DELETED a', 'ADDED a']);
      assert.equal(events[0]!.object.metadata.labels.app, 'web');
      assert.equal(events[0]!.object.metadata.resourceVersion, patched.metadata.resourceVersion);
    },
  },
  {
    promise: 'a field selector follows a pod onto its node',
    run: async (stage) => {
      const watch = await watchFrom(stage, await stage.revision(), '&fieldSelector=spec.nodeName%3Dcontract-node');
      await stage.createPods(['a']);
      await stage.createPods(['b'], { nodeName: 'contract-node' });
      const event = await watch.next();
      watch.close();
      assert.deepEqual(story([event!]), ['ADDED b']);
    },
  },
  {
    promise: 'without a revision, or from 0, a watch begins with what there is',
    run: async (stage) => {
      await stage.createPods(['a', 'b']);
      await stage.revision();
      for (const query of ['watch=1', 'watch=1&resourceVersion=0']) {
        const watch = await stage.client.watch(`${stage.podsPath}?${query}&timeoutSeconds=30`);
        const events = [await watch.next(), await watch.next()].map((event) => event!);
        watch.close();
        assert.deepEqual(story(events), ['ADDED a', 'ADDED b']);
      }
    },
  },
  {
    promise: 'a streaming list tells what there is, then a bookmark with the annotation, then what happens',
    ifStreaming: true,
    run: async (stage) => {
      await stage.createPods(['a', 'b']);
      const watch = await stage.client.watch(`${stage.podsPath}?watch=1&${STREAMING}&timeoutSeconds=30`);
      const events = await watch.until(isInitialEnd);
      await stage.createPods(['c']);
      const next = await watch.next();
      watch.close();
      assert.deepEqual(story(events), ['ADDED a', 'ADDED b', 'BOOKMARK']);
      const bookmark = events.at(-1)!.object;
      assert.deepEqual(Object.keys(bookmark.metadata).sort(), ['annotations', 'resourceVersion']);
      assert.equal(bookmark.kind, 'Pod');
      assert.deepEqual(bookmark.spec, { containers: null });
      assert.deepEqual(story([next!]), ['ADDED c']);
      assert.ok(Number(next!.object.metadata.resourceVersion) > Number(bookmark.metadata.resourceVersion));
    },
  },
  {
    promise: 'a streaming list of nothing is its bookmark',
    ifStreaming: true,
    run: async (stage) => {
      for (const path of [stage.podsPath, stage.leasesPath]) {
        const watch = await stage.client.watch(`${path}?watch=1&${STREAMING}&timeoutSeconds=30`);
        const event = await watch.next();
        watch.close();
        assert.ok(isInitialEnd(event!), JSON.stringify(event));
      }
    },
  },
  {
    promise: 'a streaming list from a future revision ends in an ERROR that says so',
    ifStreaming: true,
    run: async (stage) => {
      const watch = await stage.client.watch(`${stage.podsPath}?watch=1&${STREAMING}&resourceVersion=999999999`);
      const event = await watch.next();
      watch.close();
      assert.equal(event!.type, 'ERROR');
      assert.equal(event!.object.code, 504);
      assert.match(event!.object.message, /^Timeout: Too large resource version: 999999999, current: \d+$/);
    },
  },
  {
    promise: 'bookmarks are sent before the end to who asked for them, with the revision reached',
    run: async (stage) => {
      const revision = await stage.revision();
      const query = `?watch=1&resourceVersion=${revision}&allowWatchBookmarks=true&timeoutSeconds=4`;
      const watch = await stage.client.watch(`${stage.podsPath}${query}`);
      const [pod] = await stage.createPods(['a']);
      const events = await watch.until(({ type }) => type === 'BOOKMARK');
      watch.close();
      assert.deepEqual(story(events), ['ADDED a', 'BOOKMARK']);
      const told = Number(events.at(-1)!.object.metadata.resourceVersion);
      assert.ok(told >= Number(pod!.metadata.resourceVersion));
    },
  },
  {
    promise: 'timeoutSeconds ends a watch properly, without bookmarks for who did not ask',
    run: async (stage) => {
      const watch = await stage.client.watch(`${stage.podsPath}?watch=1&timeoutSeconds=3`);
      assert.equal(await watch.next(), undefined);
    },
  },
  {
    promise: 'a watch from a revision that is gone is a 200 whose only event is ERROR with code 410',
    run: async (stage) => {
      const revision = await stage.revision();
      await stage.createPods(['a', 'b']);
      await stage.server.expireHistory();
      const watch = await watchFrom(stage, revision);
      assert.equal(watch.status, 200);
      const event = await watch.next();
      assert.equal(event!.type, 'ERROR');
      assert.equal(event!.object.kind, 'Status');
      assert.equal(event!.object.code, 410);
      assert.equal(event!.object.reason, 'Expired');
      assert.match(event!.object.message, /^too old resource version: \d+ \(\d+\)$/);
      assert.equal(await watch.next(), undefined);
    },
  },
  {
    promise: 'a watch from the current revision survives what was forgotten before it',
    run: async (stage) => {
      await stage.createPods(['a']);
      await stage.server.expireHistory();
      const watch = await watchFrom(stage, await stage.revision());
      await stage.createPods(['b']);
      assert.deepEqual(story([(await watch.next())!]), ['ADDED b']);
      watch.close();
    },
  },
  {
    promise: 'metadata alone can be watched, its bookmarks included',
    ifStreaming: true,
    run: async (stage) => {
      await stage.createPods(['a']);
      const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
      const path = `${stage.podsPath}?watch=1&${STREAMING}&timeoutSeconds=30`;
      const watch = await stage.client.watch(path, { accept });
      const events = await watch.until(isInitialEnd);
      watch.close();
      assert.deepEqual(
        events.map(({ object }) => object.kind),
        ['PartialObjectMetadata', 'PartialObjectMetadata'],
      );
      assert.deepEqual(Object.keys(events[0]!.object).sort(), ['apiVersion', 'kind', 'metadata']);
    },
  },
  {
    promise: 'a namespace made while its watch is open is told',
    run: async (stage) => {
      const name = `${stage.namespace}-more`;
      const watch = await stage.client.watch(`/api/v1/namespaces?watch=1&fieldSelector=metadata.name%3D${name}`);
      const body = { metadata: { name, labels: { managed: 'true' } } };
      await stage.ok('/api/v1/namespaces', { method: 'POST', body });
      const event = await watch.next();
      watch.close();
      assert.equal(event!.type, 'ADDED');
      assert.equal(event!.object.status.phase, 'Active');
      assert.deepEqual(event!.object.metadata.labels, { managed: 'true', 'kubernetes.io/metadata.name': name });
    },
  },
];
