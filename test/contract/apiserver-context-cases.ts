/** What is asked of a server about a failing pod: its events by uid, its log, the pod itself. */
import assert from 'node:assert/strict';
import type { ContractCase, Stage } from './apiserver-contract.ts';

async function makeEvent(stage: Stage, name: string, uid: string, parts: object = {}): Promise<void> {
  const { namespace } = stage;
  await stage.ok(`/api/v1/namespaces/${namespace}/events`, {
    method: 'POST',
    body: {
      metadata: { name },
      involvedObject: { kind: 'Pod', namespace, name: 'web', uid, fieldPath: 'spec.containers{main}' },
      ...{ reason: 'BackOff', message: `of ${uid}`, type: 'Warning', count: 3 },
      ...{ firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:01:00Z' },
      ...parts,
    },
  });
}

async function refusedLog(stage: Stage, path: string, status: number, message: string): Promise<void> {
  const answer = await stage.request(`${stage.podsPath}/${path}`);
  assert.deepEqual([answer.status, answer.json.message], [status, message]);
}

export const contextCases: readonly ContractCase[] = [
  {
    promise: 'events are listed by the uid of what they are about, and by that alone',
    run: async (stage) => {
      await makeEvent(stage, 'one', 'uid-a');
      await makeEvent(stage, 'two', 'uid-b');
      await makeEvent(stage, 'three', 'uid,c=d');
      const events = `/api/v1/namespaces/${stage.namespace}/events?limit=200&fieldSelector=`;
      const of = async (uid: string): Promise<string[]> => {
        const { items } = await stage.ok(events + encodeURIComponent(`involvedObject.uid=${uid}`));
        return items.map((item) => item.message);
      };
      assert.deepEqual(await of('uid-b'), ['of uid-b']);
      assert.deepEqual(await of('uid\\,c\\=d'), ['of uid,c=d']);
      assert.deepEqual(await of('uid-z'), []);
    },
  },
  {
    promise: 'an event says what, of which container, how often and when',
    run: async (stage) => {
      await makeEvent(stage, 'one', 'uid-a');
      const { items } = await stage.ok(`/api/v1/namespaces/${stage.namespace}/events`);
      const event = items[0] as unknown as Record<string, unknown>;
      assert.deepEqual(
        [event['reason'], event['type'], event['count'], event['lastTimestamp']],
        ['BackOff', 'Warning', 3, '2026-01-01T00:01:00Z'],
      );
      assert.equal((event['involvedObject'] as { fieldPath: string }).fieldPath, 'spec.containers{main}');
    },
  },
  {
    promise: 'a log is refused where there is no such pod or container, and no content where there is no node yet',
    run: async (stage) => {
      await stage.createPods(['web']);
      await refusedLog(stage, 'gone/log?container=main&previous=true', 404, 'pods "gone" not found');
      await refusedLog(stage, 'web/log?container=other', 400, 'container other is not valid for pod web');
      assert.equal((await stage.request(`${stage.podsPath}/web/log?container=main&tailLines=3`)).status, 204);
    },
  },
  {
    promise: 'a log takes a right of its own, which is named where it is missing',
    run: async (stage) => {
      const { status, json } = await stage.request(`${stage.podsPath}/web/log`, {
        token: stage.server.tokenOf('stranger'),
      });
      assert.equal(status, 403);
      const text = `pods "web" is forbidden: User "stranger" cannot get resource "pods/log" in API group ""`;
      assert.equal(json.message, `${text} in the namespace "${stage.namespace}"`);
    },
  },
];
