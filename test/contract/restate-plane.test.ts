// The reference plane on the real Restate server, as an agent and an operator meet it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { anEvent } from '../support/event-builder.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startPlaneServer, type PlaneServer } from '../support/plane-server.ts';
import { ask, clientFor, named } from '../support/plane-rig.ts';
import { until } from '../support/e2e-until.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';

const DAY_MS = 86_400_000;

describe('the reference plane', { skip: skipWithoutRestate() }, () => {
  const clock = new ManualClock();
  let plane: PlaneServer;
  before(async () => {
    plane = await startPlaneServer({ clock });
  });
  after(() => plane.stop());

  let clusters = 0;
  const aCluster = (): string => `cluster-${++clusters}`;
  const post = (cluster: string, events: unknown, key?: string): ReturnType<PlaneServer['ask']> =>
    plane.ask(`/ProjectService/${cluster}/onPodEvents`, events, key === undefined ? {} : { 'idempotency-key': key });
  const idsOf = async (cluster: string): Promise<string[]> =>
    (await plane.received(cluster)).map(({ event }) => event.event_id);

  describe('enrols', () => {
    const enrol = (cluster_id: string, cluster_uid?: string): ReturnType<PlaneServer['ask']> =>
      plane.ask('/ClusterService/Enroll', { cluster_id, version: '1', cluster_uid });

    test('a cluster, and the same one again', async () => {
      const cluster = aCluster();
      assert.deepEqual((await enrol(cluster, 'uid-1')).body, { enrolled: true, cluster_id: cluster, is_first: true });
      assert.deepEqual((await enrol(cluster, 'uid-1')).body, { enrolled: true, cluster_id: cluster, is_first: false });
    });

    test('no second cluster under the name of the first', async () => {
      const cluster = aCluster();
      await enrol(cluster, 'uid-1');
      const { status, source, body } = await enrol(cluster, 'uid-2');
      assert.deepEqual([status, source], [409, 'invocation']);
      assert.match(JSON.stringify(body), /another cluster/);
    });

    test('an agent that may not read the uid, before and after one that may', async () => {
      const cluster = aCluster();
      assert.equal((await enrol(cluster)).status, 200);
      assert.equal((await enrol(cluster, 'uid-1')).status, 200);
      assert.equal((await enrol(cluster)).status, 200);
      assert.equal((await enrol(cluster, 'uid-2')).status, 409);
    });

    test('nobody without a name', async () => {
      assert.equal((await plane.ask('/ClusterService/Enroll', { version: '1' })).status, 422);
    });
  });

  test('takes heartbeats', async () => {
    const heartbeat = { cluster_id: aCluster(), version: '1', watch_age_ms: 5, backlog_age_ms: null, leading: true };
    assert.equal((await plane.ask('/ClusterService/Heartbeat', heartbeat)).status, 200);
  });

  test('has remote settings for every cluster, which change nothing until somebody sets them', async () => {
    const { status, body } = await plane.ask(`/ConfigService/${aCluster()}/Get`);
    assert.equal(status, 200);
    assert.deepEqual(body, {
      dedup_cooldown_seconds: 0,
      batch_size: 0,
      batch_flush_ms: 0,
      enabled_reasons: [],
      event_types: ['resolved', 'digest', 'silenced'],
    });
  });

  describe('takes events', () => {
    test('one by one and many at once, and keeps them as they were', async () => {
      const cluster = aCluster();
      const events = ['a', 'b', 'c'].map((name) => anEvent(name, { labels: { ü: '😀\u0000' } }));
      await plane.ask(`/ProjectService/${cluster}/onPodEvent`, events[0]);
      await post(cluster, events.slice(1));
      const items = await plane.received(cluster);
      assert.deepEqual(
        items.map(({ event }) => event),
        events,
      );
      assert.ok(items.every(({ received_at }) => received_at === new Date(clock.now()).toISOString()));
    });

    test('each once, however often and in whatever company it comes', async () => {
      const cluster = aCluster();
      assert.deepEqual((await post(cluster, [anEvent('a'), anEvent('b')])).body, { received: 2, repeated: 0, told: 2 });
      assert.deepEqual((await post(cluster, [anEvent('b'), anEvent('c')])).body, { received: 1, repeated: 1, told: 1 });
      await plane.ask(`/ProjectService/${cluster}/onPodEvent`, anEvent('a'));
      assert.deepEqual(await idsOf(cluster), ['event-a', 'event-b', 'event-c']);
    });

    test('with the same answer under the same key', async () => {
      const cluster = aCluster();
      const [first, second] = [await post(cluster, [anEvent('a')], 'k'), await post(cluster, [anEvent('a')], 'k')];
      assert.deepEqual(second.body, first.body);
      assert.equal((await plane.summary(cluster)).deliveries, 1);
    });

    test('for each cluster by itself, also where its name looks like a path', async () => {
      const [one, other] = [aCluster(), encodeURIComponent('team/a b')];
      await post(one, [anEvent('a')]);
      await post(other, [anEvent('a')]);
      assert.deepEqual([await idsOf(one), await idsOf('team/a b')], [['event-a'], ['event-a']]);
    });

    test('by the paths of the next versions of Restate too', async () => {
      const cluster = aCluster();
      const { client } = clientFor(plane.url, { pathPrefix: '/restate/call' });
      const events = ['ProjectService', cluster, 'onPodEvents'];
      const { outcome } = await ask(client, events, { body: [anEvent('a')], key: 'k' });
      const settings = await ask(client, ['ConfigService', cluster, 'Get']);
      await client.close();
      assert.deepEqual([named(outcome), named(settings.outcome)], ['accepted executed', 'accepted executed']);
    });

    test('not at all where one of them is wrong, and says which', async () => {
      const cluster = aCluster();
      const { status, source, body } = await post(cluster, [anEvent('a'), { ...anEvent('b'), event_id: 7 }]);
      assert.deepEqual([status, source], [422, 'invocation']);
      assert.match(JSON.stringify(body), /\/1\/event_id/);
      assert.equal((await post(cluster, '[{')).status, 400);
      assert.deepEqual([await idsOf(cluster), (await plane.summary(cluster)).deliveries], [[], 0]);
      assert.equal((await post(cluster, [anEvent('a')])).status, 200);
    });

    test('never as an empty body or an empty batch', async () => {
      const [nothing, none] = [await post(aCluster(), ''), await post(aCluster(), [])];
      assert.deepEqual([nothing.status, nothing.source, none.status], [400, 'ingress', 422]);
    });

    test('and tells each incident once in its cooldown', async () => {
      const cluster = aCluster();
      const event = (name: string): unknown => anEvent(name, { incident_key: 'same' });
      await post(cluster, [event('a'), event('b')]);
      await post(cluster, [event('c')]);
      const items = await plane.received(cluster);
      assert.deepEqual(
        items.map(({ disposition }) => disposition),
        ['told', 'cooling-down', 'cooling-down'],
      );
    });

    test('that others covered, and does not tell them again', async () => {
      const cluster = aCluster();
      await post(cluster, [anEvent('loop', { covers: ['event-exit'] })]);
      assert.deepEqual((await post(cluster, [anEvent('exit')])).body, { received: 1, repeated: 0, told: 0 });
    });
  });

  test('closes incidents that are absent from a complete set, and reopens none for a late event', async () => {
    const cluster = aCluster();
    const seen = (name: string, second: string): unknown =>
      anEvent(name, { observed_at: `2026-01-01T00:00:${second}Z` });
    await post(cluster, [seen('a', '10'), seen('b', '10')]);
    const open = { observed_at: '2026-01-01T00:00:30Z', incident_keys: ['incident-b'] };
    const { body } = await plane.ask(`/ProjectService/${cluster}/onOpenIncidents`, open);
    assert.deepEqual(body, { closed: 1 });
    await post(cluster, [{ ...anEvent('late'), incident_key: 'incident-a', observed_at: '2026-01-01T00:00:20Z' }]);
    assert.equal((await plane.incident(cluster, 'incident-a')).isOpen, false);
    assert.equal((await plane.incident(cluster, 'incident-b')).isOpen, true);
    assert.equal((await plane.received(cluster)).at(-1)?.disposition, 'late');
  });

  test('reads page by page what it received', async () => {
    const cluster = aCluster();
    for (let delivery = 0; delivery < 5; delivery++)
      await post(cluster, [anEvent(`${delivery}x`), anEvent(`${delivery}y`)]);
    const page = await plane.ask(`/ProjectService/${cluster}/received`, { from: 1, limit: 3 });
    const { items, next, isEnd } = page.body as { items: { delivery: number }[]; next: number; isEnd: boolean };
    assert.deepEqual([items.map(({ delivery }) => delivery), next, isEnd], [[1, 1, 2, 2], 3, false]);
    assert.equal((await plane.ask(`/ProjectService/${cluster}/received`, { from: -1 })).status, 422);
    assert.equal((await plane.ask(`/ProjectService/${cluster}/received`)).status, 200);
  });

  for (const [what, path] of [
    ['the registry of clusters', '/ClusterRegistry/c/enrol'],
    ['dead letters', '/DeadLetters/c/list'],
    ['setting remote settings', '/ConfigService/c/Set'],
    ['forgetting', '/ProjectService/c/forget'],
  ] as const) {
    test(`hides ${what} from the ingress`, async () => {
      const { status, source } = await plane.ask(path, {});
      assert.deepEqual([status, source], [400, 'ingress']);
    });
  }

  test('knows after a restart of its process what it knew before', async () => {
    const cluster = aCluster();
    await post(cluster, [anEvent('a', { incident_key: 'same' })]);
    await plane.restartPlane();
    const { body } = await post(cluster, [anEvent('a'), anEvent('b', { incident_key: 'same' })]);
    assert.deepEqual(body, { received: 1, repeated: 1, told: 0 });
  });

  test('keeps each value of its state small, and far fewer of them than it remembers events', async () => {
    const cluster = aCluster();
    for (let from = 0; from < 4000; from += 1000) {
      await post(
        cluster,
        Array.from({ length: 1000 }, (_, index) => anEvent(String(from + index))),
      );
    }
    for (let single = 0; single < 50; single++) await post(cluster, [anEvent(`single-${single}`)]);
    const query = `select key, value_length as bytes from state where service_key = '${cluster}'`;
    const rows = (await sql(plane, query)) as { key: string; bytes: number }[];
    const kept = rows.filter(({ key }) => !key.startsWith('log/'));
    assert.ok(kept.length <= 10, `${kept.length} values`);
    assert.ok(
      rows.every(({ bytes }) => bytes < 128 * 1024),
      JSON.stringify(rows),
    );
  });

  test('forgets what is older than a week by itself, but no open incident', async () => {
    const cluster = aCluster();
    const many = Array.from({ length: 600 }, (_, index) => anEvent(`old-${index}`));
    await post(cluster, many);
    await clock.advance(8 * DAY_MS);
    await post(
      cluster,
      Array.from({ length: 600 }, (_, index) => anEvent(`young-${index}`)),
    );
    while ((await plane.summary(cluster)).kept.first === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await plane.received(cluster)).length, 600);
    assert.equal((await plane.incident(cluster, 'incident-old-7')).isOpen, true);
    assert.deepEqual((await post(cluster, [many[7], anEvent('young-7')])).body, { received: 1, repeated: 1, told: 0 });
  });

  test('wrote no word of trouble in all of this', () => assert.deepEqual(plane.troubles, []));
});

describe('a plane that is told who calls', { skip: skipWithoutRestate() }, () => {
  let plane: PlaneServer;
  before(async () => {
    plane = await startPlaneServer({ identityHeader: 'X-Agent-Id', hasOpenAdmin: true });
  });
  after(() => plane.stop());

  const own: readonly (readonly [string, unknown])[] = [
    ['/ClusterService/Enroll', { cluster_id: 'c', version: '1' }],
    ['/ClusterService/Heartbeat', { cluster_id: 'c', version: '1' }],
    ['/ConfigService/c/Get', undefined],
    ['/ConfigService/c/Set', { batch_size: 100 }],
    ['/ClusterRegistry/c/get', undefined],
    ['/DeadLetters/c/list', undefined],
    ['/ProjectService/c/onPodEvent', anEvent('a')],
    ['/ProjectService/c/onPodEvents', [anEvent('b')]],
    ['/ProjectService/c/onOpenIncidents', { observed_at: '2026-01-01T00:00:00Z', incident_keys: [] }],
    ['/ProjectService/c/summary', undefined],
    ['/ProjectService/c/received', undefined],
    ['/ProjectService/c/incident', { incident_key: 'x' }],
  ];
  for (const [path, body] of own) {
    test(`takes ${path} from its cluster alone`, async () => {
      const statuses = [];
      for (const headers of [{}, { 'x-agent-id': 'other' }, { 'x-agent-id': 'c' }] as Record<string, string>[]) {
        statuses.push((await plane.ask(path, body, headers)).status);
      }
      assert.deepEqual(statuses, [403, 403, 200]);
    });
  }

  test('and opened for its owner lets remote settings be set, and checks them', async () => {
    const asC = { 'x-agent-id': 'c' };
    assert.equal((await plane.ask('/ConfigService/c/Set', { batch_size: 500 }, asC)).status, 200);
    assert.equal((await plane.ask('/ConfigService/c/Set', { batch_size: -1 }, asC)).status, 422);
    const { body } = await plane.ask('/ConfigService/c/Get', undefined, asC);
    assert.equal((body as { batch_size: number }).batch_size, 500);
  });

  test('tells an incident again after the cooldown that is set for its cluster, and for no other', async () => {
    let seconds = 0;
    const toldTenSecondsLater = async (cluster: string): Promise<boolean> => {
      const observed_at = new Date(Date.parse('2026-01-01T00:00:00Z') + 10_000 * ++seconds).toISOString();
      const event = anEvent(`${cluster}-${seconds}`, { incident_key: 'same', observed_at });
      const { body } = await plane.ask(`/ProjectService/${cluster}/onPodEvent`, event, { 'x-agent-id': cluster });
      return (body as { told: number }).told === 1;
    };
    for (const cluster of ['hot', 'cold']) assert.ok(await toldTenSecondsLater(cluster));
    const settings = { dedup_cooldown_seconds: 5 };
    await plane.ask('/ConfigService/hot/Set', settings, { 'x-agent-id': 'hot' });
    await until('the new cooldown is known', () => toldTenSecondsLater('hot'));
    assert.ok(await toldTenSecondsLater('hot'));
    seconds = 2;
    assert.equal(await toldTenSecondsLater('cold'), false);
  });
});

async function sql(plane: PlaneServer, query: string): Promise<unknown> {
  const answer = await fetch(`${plane.restate.adminUrl}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query }),
  });
  return ((await answer.json()) as { rows: unknown }).rows;
}
