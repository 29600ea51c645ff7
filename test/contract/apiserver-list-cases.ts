/** What lists promise: pages of one moment, resourceVersion in all its meanings, selectors, metadata alone. */
import assert from 'node:assert/strict';
import type { Json } from './apiserver-client.ts';
import { namesOf, type ContractCase, type Stage } from './apiserver-contract.ts';

const fivePods = ['a', 'b', 'c', 'd', 'e'];
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

async function allPages(stage: Stage, query: string): Promise<Json[]> {
  const pages: Json[] = [];
  let token = '';
  do {
    const page: Json = await stage.list(`${query}${token === '' ? '' : `&continue=${token}`}`);
    pages.push(page);
    token = page.metadata.continue ?? '';
  } while (token !== '');
  return pages;
}

export const listCases: readonly ContractCase[] = [
  {
    promise: 'a list names its kind and revision, and its items come in the order of their names without kind',
    run: async (stage) => {
      await stage.createPods(['b', 'a', 'c']);
      const list = await stage.list();
      assert.equal(list.kind, 'PodList');
      assert.equal(list.apiVersion, 'v1');
      assert.match(list.metadata.resourceVersion, /^[1-9]\d*$/);
      assert.deepEqual(namesOf(list), ['a', 'b', 'c']);
      assert.equal(list.items[0].kind, undefined);
      assert.equal(list.items[0].metadata.namespace, stage.namespace);
    },
  },
  {
    promise: 'an empty list has items and a revision',
    run: async (stage) => {
      const list = await stage.list();
      assert.deepEqual(list.items, []);
      assert.match(list.metadata.resourceVersion, /^[1-9]\d*$/);
    },
  },
  {
    promise: 'pages follow each other by continue and say how much is left',
    run: async (stage) => {
      await stage.createPods(fivePods);
      const pages = await allPages(stage, 'limit=2');
      assert.deepEqual(pages.map(namesOf), [['a', 'b'], ['c', 'd'], ['e']]);
      assert.deepEqual(
        pages.map((page) => page.metadata.remainingItemCount),
        [3, 1, undefined],
      );
    },
  },
  {
    promise: 'all pages show one moment, whatever is written in between',
    run: async (stage) => {
      await stage.createPods(['b', 'c', 'd']);
      const first = await stage.list('limit=1');
      await stage.createPods(['a', 'e']);
      await stage.patchPod('c', { metadata: { labels: { changed: 'yes' } } });
      await stage.deletePod('d');
      const rest = await stage.list(`limit=500&continue=${first.metadata.continue}`);
      assert.deepEqual(namesOf(rest), ['c', 'd']);
      assert.equal(rest.items[0].metadata.labels, undefined);
      assert.equal(rest.metadata.resourceVersion, first.metadata.resourceVersion);
    },
  },
  {
    promise: 'a page whose revision is gone is a 410 with a token for the remainder as it is now',
    run: async (stage) => {
      await stage.createPods(['a', 'b', 'c']);
      const first = await stage.list('limit=1');
      await stage.deletePod('c');
      await stage.createPods(['d']);
      await stage.server.expireHistory();
      const expired = await stage.request(`${stage.podsPath}?limit=1&continue=${first.metadata.continue}`);
      assert.equal(expired.status, 410);
      assert.equal(expired.json.reason, 'Expired');
      assert.match(expired.json.message, /^The provided continue parameter is too old/);
      const rest = await stage.list(`continue=${expired.json.metadata.continue}`);
      assert.deepEqual(namesOf(rest), ['b', 'd']);
    },
  },
  {
    promise: 'resourceVersion=0 answers with everything and takes no notice of the limit',
    run: async (stage) => {
      await stage.createPods(['a', 'b', 'c']);
      await stage.revision();
      const list = await stage.list('resourceVersion=0&limit=1');
      assert.deepEqual(namesOf(list), ['a', 'b', 'c']);
      assert.equal(list.metadata.continue, undefined);
    },
  },
  {
    promise: 'resourceVersionMatch=Exact shows the past, NotOlderThan the present',
    run: async (stage) => {
      await stage.createPods(['a']);
      const then = await stage.revision();
      await stage.createPods(['b']);
      const exact = await stage.list(`resourceVersion=${then}&resourceVersionMatch=Exact`);
      assert.deepEqual(namesOf(exact), ['a']);
      assert.equal(exact.metadata.resourceVersion, then);
      const now = await stage.list(`resourceVersion=${then}&resourceVersionMatch=NotOlderThan`);
      assert.deepEqual(namesOf(now), ['a', 'b']);
    },
  },
  {
    promise: 'an exact revision that is gone is a 410, one still to come a 504 that says so',
    run: async (stage) => {
      await stage.createPods(['a']);
      const then = await stage.revision();
      await stage.createPods(['b']);
      await stage.server.expireHistory();
      const gone = await stage.request(`${stage.podsPath}?resourceVersion=${then}&resourceVersionMatch=Exact`);
      assert.equal(gone.status, 410);
      assert.equal(gone.json.message, 'The resourceVersion for the provided list is too old.');
      const future = await stage.request(`${stage.podsPath}?resourceVersion=999999999`);
      assert.equal(future.status, 504);
      assert.equal(future.headers['retry-after'], '1');
      assert.equal(future.json.details.causes[0].reason, 'ResourceVersionTooLarge');
    },
  },
  {
    promise: 'labelSelector filters by equality, sets and existence, and counts no remainder',
    run: async (stage) => {
      await stage.createPods(['a', 'b'], { labels: { app: 'web' } });
      await stage.createPods(['c'], { labels: { app: 'db', tier: 'back' } });
      await stage.createPods(['d']);
      const named = async (selector: string): Promise<string[]> =>
        namesOf(await stage.list(`labelSelector=${encodeURIComponent(selector)}`));
      assert.deepEqual(await named('app=web'), ['a', 'b']);
      assert.deepEqual(await named('app!=web'), ['c', 'd']);
      assert.deepEqual(await named('app in (db, web),tier'), ['c']);
      assert.deepEqual(await named('app notin (db)'), ['a', 'b', 'd']);
      assert.deepEqual(await named('!app'), ['d']);
      const page = await stage.list('labelSelector=app%3Dweb&limit=1');
      assert.equal(page.metadata.remainingItemCount, undefined);
      assert.notEqual(page.metadata.continue, undefined);
    },
  },
  {
    promise: 'fieldSelector filters by name, node and phase',
    run: async (stage) => {
      await stage.createPods(['a'], { nodeName: 'contract-node' });
      await stage.createPods(['b']);
      const named = async (selector: string): Promise<string[]> =>
        namesOf(await stage.list(`fieldSelector=${encodeURIComponent(selector)}`));
      assert.deepEqual(await named('metadata.name=b'), ['b']);
      assert.deepEqual(await named('spec.nodeName=contract-node'), ['a']);
      assert.deepEqual(await named('spec.nodeName='), ['b']);
      assert.deepEqual(await named('status.phase=Pending,metadata.name!=a'), ['b']);
      assert.deepEqual(await named('status.phase=Running'), []);
    },
  },
  {
    promise: 'a list of all namespaces holds this one, and can be narrowed to it by field',
    run: async (stage) => {
      await stage.createPods(['a']);
      const list = await stage.ok(`/api/v1/pods?fieldSelector=metadata.namespace%3D${stage.namespace}`);
      assert.deepEqual(namesOf(list), ['a']);
    },
  },
  {
    promise: 'metadata alone can be listed, each item with its kind',
    run: async (stage) => {
      await stage.createPods(['a', 'b'], { labels: { app: 'web' } });
      const list = await stage.list('limit=1', { accept: METADATA_LIST });
      assert.equal(list.kind, 'PartialObjectMetadataList');
      assert.equal(list.apiVersion, 'meta.k8s.io/v1');
      assert.equal(list.metadata.remainingItemCount, 1);
      const [item] = list.items;
      assert.equal(item.kind, 'PartialObjectMetadata');
      assert.deepEqual(item.metadata.labels, { app: 'web' });
      assert.equal(item.spec, undefined);
    },
  },
  {
    promise: 'an object can be read alone, whole or its metadata',
    run: async (stage) => {
      await stage.createPods(['a']);
      const whole = await stage.ok(`${stage.podsPath}/a`);
      assert.equal(whole.kind, 'Pod');
      assert.equal(whole.status.phase, 'Pending');
      const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
      const metadata = await stage.ok(`${stage.podsPath}/a`, { accept });
      assert.deepEqual(Object.keys(metadata).sort(), ['apiVersion', 'kind', 'metadata']);
      assert.equal(metadata.metadata.uid, whole.metadata.uid);
    },
  },
];
