/** What writes promise: conflicts on Leases, names, deletion with and without grace. */
import assert from 'node:assert/strict';
import type { Answer, Json } from './apiserver-client.ts';
import type { ContractCase, Stage } from './apiserver-contract.ts';

const leaseBody = (name: string, metadata: object = {}, spec: object = {}): object => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, ...metadata },
  spec: { holderIdentity: 'one', leaseDurationSeconds: 15, ...spec },
});

const makeLease = (stage: Stage, name: string): Promise<Json> =>
  stage.ok(stage.leasesPath, { method: 'POST', body: leaseBody(name) });

const putLease = (stage: Stage, name: string, body: object): Promise<Answer> =>
  stage.request(`${stage.leasesPath}/${name}`, { method: 'PUT', body });

export const writeCases: readonly ContractCase[] = [
  {
    promise: 'what is created gets a uid, a revision and a time, and is answered with 201',
    run: async (stage) => {
      const { status, json } = await stage.request(stage.leasesPath, { method: 'POST', body: leaseBody('a') });
      assert.equal(status, 201);
      assert.match(json.metadata.uid, /^[0-9a-f-]{36}$/);
      assert.match(json.metadata.resourceVersion, /^\d+$/);
      assert.match(json.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.equal(json.metadata.namespace, stage.namespace);
      assert.equal(json.spec.holderIdentity, 'one');
    },
  },
  {
    promise: 'an update by the latest revision wins, the second by the same one is a 409',
    run: async (stage) => {
      const { metadata } = await makeLease(stage, 'a');
      const known = { resourceVersion: metadata.resourceVersion };
      const won = await putLease(stage, 'a', leaseBody('a', known, { holderIdentity: 'two' }));
      assert.equal(won.status, 200);
      assert.equal(won.json.metadata.uid, metadata.uid);
      assert.notEqual(won.json.metadata.resourceVersion, metadata.resourceVersion);
      const lost = await putLease(stage, 'a', leaseBody('a', known, { holderIdentity: 'three' }));
      assert.equal(lost.status, 409);
      assert.equal(lost.json.reason, 'Conflict');
      assert.deepEqual(lost.json.details, { name: 'a', group: 'coordination.k8s.io', kind: 'leases' });
      assert.equal(
        lost.json.message,
        'Operation cannot be fulfilled on leases.coordination.k8s.io "a": the object has been modified; ' +
          'please apply your changes to the latest version and try again',
      );
    },
  },
  {
    promise: 'an update of a Lease without a revision is refused, of one that is missing a creation',
    run: async (stage) => {
      await makeLease(stage, 'a');
      const blind = await putLease(stage, 'a', leaseBody('a'));
      assert.equal(blind.status, 422);
      assert.equal(blind.json.details.causes[0].field, 'metadata.resourceVersion');
      const made = await putLease(stage, 'b', leaseBody('b'));
      assert.equal(made.status, 201);
    },
  },
  {
    promise: 'an update under another uid is a conflict',
    run: async (stage) => {
      await makeLease(stage, 'a');
      const answer = await putLease(stage, 'a', leaseBody('a', { uid: 'another' }));
      assert.equal(answer.status, 409);
      assert.match(answer.json.message, /Precondition failed: UID in precondition: another/);
    },
  },
  {
    promise: 'a second creation under a name is a 409, one with a revision refused, one without a name invalid',
    run: async (stage) => {
      await makeLease(stage, 'a');
      const post = (body: object): Promise<Answer> => stage.request(stage.leasesPath, { method: 'POST', body });
      const again = await post(leaseBody('a'));
      assert.equal(again.status, 409);
      assert.equal(again.json.reason, 'AlreadyExists');
      assert.equal(again.json.message, 'leases.coordination.k8s.io "a" already exists');
      const versioned = await post(leaseBody('b', { resourceVersion: '5' }));
      assert.equal(versioned.status, 500);
      assert.equal(versioned.json.message, 'resourceVersion should not be set on objects to be created');
      const nameless = await post({ metadata: {}, spec: {} });
      assert.equal(nameless.status, 422);
      assert.match(nameless.json.message, /name or generateName is required$/);
      const generated = await post({ metadata: { generateName: 'made-' }, spec: {} });
      assert.match(generated.json.metadata.name ?? '', /^made-[a-z0-9]{5}$/);
    },
  },
  {
    promise: 'a creation in a namespace that is missing is a 404 of the namespace',
    run: async (stage) => {
      const path = '/apis/coordination.k8s.io/v1/namespaces/nowhere/leases';
      const { status, json } = await stage.request(path, { method: 'POST', body: leaseBody('a') });
      assert.equal(status, 404);
      assert.deepEqual(json.details, { name: 'nowhere', kind: 'namespaces' });
    },
  },
  {
    promise: 'names and namespaces of body and path must agree',
    run: async (stage) => {
      await makeLease(stage, 'a');
      const other = await putLease(stage, 'a', leaseBody('b', { resourceVersion: '1' }));
      assert.equal(other.status, 400);
      assert.equal(other.json.message, 'the name of the object (b) does not match the name on the URL (a)');
      const elsewhere = { method: 'POST', body: leaseBody('c', { namespace: 'default' }) };
      const refused = await stage.request(stage.leasesPath, elsewhere);
      assert.equal(refused.status, 400);
      assert.match(refused.json.message, /^the namespace of the provided object does not match/);
    },
  },
  {
    promise: 'deleting answers Success with the uid; a precondition that fails is a 409',
    run: async (stage) => {
      const { metadata } = await makeLease(stage, 'a');
      const path = `${stage.leasesPath}/a`;
      const body = { preconditions: { resourceVersion: '1' } };
      assert.equal((await stage.request(path, { method: 'DELETE', body })).status, 409);
      const done = await stage.ok(path, { method: 'DELETE' });
      assert.equal(done.status, 'Success');
      assert.equal(done.details.uid, metadata.uid);
      assert.equal((await stage.request(path, { method: 'DELETE' })).status, 404);
    },
  },
  {
    promise: 'a pod on a node is asked to go and stays until its grace period is cut to 0',
    run: async (stage) => {
      await stage.createPods(['a'], { nodeName: 'contract-node' });
      const asked = await stage.ok(`${stage.podsPath}/a?gracePeriodSeconds=30`, { method: 'DELETE' });
      assert.equal(asked.metadata.deletionGracePeriodSeconds, 30);
      const still = await stage.ok(`${stage.podsPath}/a`);
      assert.equal(still.metadata.deletionTimestamp, asked.metadata.deletionTimestamp);
      assert.equal(still.metadata.generation, 2);
      await stage.deletePod('a');
      assert.equal((await stage.request(`${stage.podsPath}/a`)).status, 404);
    },
  },
  {
    promise: 'a pod without a node goes at once',
    run: async (stage) => {
      await stage.createPods(['a']);
      await stage.ok(`${stage.podsPath}/a?gracePeriodSeconds=30`, { method: 'DELETE' });
      assert.equal((await stage.request(`${stage.podsPath}/a`)).status, 404);
    },
  },
  {
    promise: 'the status of a pod changes through its subresource alone',
    run: async (stage) => {
      await stage.createPods(['a']);
      const status = { status: { phase: 'Running', message: 'from a test' } };
      const untouched = await stage.patchPod('a', status);
      assert.equal(untouched.status.phase, 'Pending');
      const changed = await stage.patchPod('a', { ...status, metadata: { labels: { sneaked: 'in' } } }, '/status');
      assert.equal(changed.status.phase, 'Running');
      assert.equal(changed.status.message, 'from a test');
    },
  },
  {
    promise: 'a merge patch by an old revision is a 409',
    run: async (stage) => {
      await makeLease(stage, 'a');
      const patch = { metadata: { resourceVersion: '1' }, spec: { holderIdentity: 'two' } };
      const contentType = 'application/merge-patch+json';
      const answer = await stage.request(`${stage.leasesPath}/a`, { method: 'PATCH', contentType, body: patch });
      assert.equal(answer.status, 409);
    },
  },
];
