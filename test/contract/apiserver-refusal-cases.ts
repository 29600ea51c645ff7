/** What refusals promise: the status, the reason and the words clients and operators read. */
import assert from 'node:assert/strict';
import type { Answer } from './apiserver-client.ts';
import type { ContractCase, Stage } from './apiserver-contract.ts';

const REVIEWS = '/apis/authorization.k8s.io/v1';

async function forbidden(stage: Stage, path: string, message: string, details: object): Promise<void> {
  const { status, json } = await stage.request(path, { token: stage.server.tokenOf('stranger') });
  assert.equal(status, 403);
  assert.equal(json.kind, 'Status');
  assert.equal(json.reason, 'Forbidden');
  assert.equal(json.message, message);
  assert.deepEqual(json.details, details);
}

async function invalid(stage: Stage, query: string, status: number, message: string | RegExp): Promise<void> {
  const answer = await stage.request(`${stage.podsPath}?${query}`);
  assert.equal(answer.status, status, query);
  if (typeof message === 'string') assert.equal(answer.json.message, message);
  else assert.match(answer.json.message, message);
}

export const refusalCases: readonly ContractCase[] = [
  {
    promise: 'a token nobody knows is a 401',
    run: async (stage) => {
      const { status, json } = await stage.request(stage.podsPath, { token: 'unknown' });
      assert.equal(status, 401);
      assert.deepEqual(json, {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Unauthorized',
        reason: 'Unauthorized',
        code: 401,
      });
    },
  },
  {
    promise: 'no token at all is the anonymous user, who may look at health alone',
    run: async (stage) => {
      const { status, json } = await stage.request('/api/v1/pods', { token: '' });
      assert.equal(status, 403);
      assert.match(json.message, /^pods is forbidden: User "system:anonymous" cannot list resource "pods"/);
      assert.equal((await stage.request('/readyz', { token: '' })).status, 200);
    },
  },
  {
    promise: 'missing rights are named: verb, resource, group, scope',
    run: async (stage) => {
      const who = 'is forbidden: User "stranger" cannot';
      const here = `in the namespace "${stage.namespace}"`;
      const text = `pods ${who} list resource "pods" in API group "" at the cluster scope`;
      await forbidden(stage, '/api/v1/pods', text, { kind: 'pods' });
      await forbidden(stage, '/api/v1/pods?watch=1', text.replace('cannot list', 'cannot watch'), { kind: 'pods' });
      const scoped = `pods ${who} list resource "pods" in API group "" ${here}`;
      await forbidden(stage, stage.podsPath, scoped, { kind: 'pods' });
      const one = `pods "a" ${who} get resource "pods" in API group "" ${here}`;
      await forbidden(stage, `${stage.podsPath}/a`, one, { name: 'a', kind: 'pods' });
      const status = one.replace('"pods" in', '"pods/status" in');
      await forbidden(stage, `${stage.podsPath}/a/status`, status, { name: 'a', kind: 'pods' });
      const jobs = `jobs.batch ${who} list resource "jobs" in API group "batch" at the cluster scope`;
      await forbidden(stage, '/apis/batch/v1/jobs', jobs, { group: 'batch', kind: 'jobs' });
      await forbidden(stage, '/metrics', 'forbidden: User "stranger" cannot get path "/metrics"', {});
    },
  },
  {
    promise: 'a right in one namespace is none in another, nor for the whole cluster',
    run: async (stage) => {
      const token = stage.server.tokenOf('reader');
      const status = async (path: string): Promise<number> => (await stage.request(path, { token })).status;
      assert.equal(await status('/api/v1/namespaces/readable/pods'), 200);
      assert.equal(await status(stage.podsPath), 403);
      assert.equal(await status('/api/v1/pods'), 403);
      assert.equal(await status('/api/v1/namespaces/readable/pods/a'), 403);
    },
  },
  {
    promise: 'a user can ask what it may do',
    run: async (stage) => {
      const token = stage.server.tokenOf('reader');
      const asks = async (spec: object): Promise<Answer> =>
        stage.request(`${REVIEWS}/selfsubjectaccessreviews`, { method: 'POST', token, body: { spec } });
      const list = { verb: 'list', resource: 'pods' };
      const here = await asks({ resourceAttributes: { ...list, namespace: 'readable' } });
      assert.equal(here.status, 201);
      assert.equal(here.json.kind, 'SelfSubjectAccessReview');
      assert.equal(here.json.status.allowed, true);
      assert.equal((await asks({ resourceAttributes: list })).json.status.allowed, false);
      assert.equal((await asks({ nonResourceAttributes: { verb: 'get', path: '/api' } })).json.status.allowed, true);
      assert.equal((await asks({})).status, 422);
    },
  },
  {
    promise: 'a user can ask for its rules in a namespace',
    run: async (stage) => {
      const token = stage.server.tokenOf('reader');
      const asks = (body: object): Promise<Answer> =>
        stage.request(`${REVIEWS}/selfsubjectrulesreviews`, { method: 'POST', token, body });
      const { json } = await asks({ spec: { namespace: 'readable' } });
      const rules = json.status.resourceRules;
      const ofPods = rules.find((rule) => rule.resources.includes('pods'));
      assert.deepEqual(ofPods, { verbs: ['list', 'watch'], apiGroups: [''], resources: ['pods'] });
      assert.ok((await asks({ spec: { namespace: stage.namespace } })).json.status.resourceRules.length < rules.length);
      const nowhere = await asks({ spec: {} });
      assert.equal(nowhere.status, 400);
      assert.equal(nowhere.json.message, 'no namespace on request');
    },
  },
  {
    promise: 'what is not there is a 404 in three ways: object, resource, path',
    run: async (stage) => {
      const pod = await stage.request(`${stage.podsPath}/nope`);
      assert.equal(pod.status, 404);
      assert.equal(pod.json.message, 'pods "nope" not found');
      assert.deepEqual(pod.json.details, { name: 'nope', kind: 'pods' });
      const lease = await stage.request(`${stage.leasesPath}/nope`);
      assert.equal(lease.json.message, 'leases.coordination.k8s.io "nope" not found');
      assert.deepEqual(lease.json.details, { name: 'nope', group: 'coordination.k8s.io', kind: 'leases' });
      const resource = await stage.request('/api/v1/bars');
      assert.equal(resource.status, 404);
      assert.equal(resource.json.message, 'the server could not find the requested resource');
      assert.equal((await stage.request('/foo')).status, 404);
    },
  },
  {
    promise: 'a wrong method is a 405',
    run: async (stage) => {
      const { status, json } = await stage.request(stage.podsPath, { method: 'PUT', body: {} });
      assert.equal(status, 405);
      assert.equal(json.reason, 'MethodNotAllowed');
    },
  },
  {
    promise: 'what the server cannot write is a 406, with what it can; a second choice is taken',
    run: async (stage) => {
      for (const query of ['', '?watch=1']) {
        const refused = await stage.request(`${stage.podsPath}${query}`, { accept: 'application/xml' });
        assert.equal(refused.status, 406);
        assert.equal(refused.json.reason, 'NotAcceptable');
        assert.match(refused.json.message, /^406: Not Acceptable\n\nAvailable representations: application\/json, /);
      }
      const accept = 'application/json;as=Foo;g=meta.k8s.io;v=v1';
      const transform = await stage.request(stage.podsPath, { accept });
      assert.equal(transform.status, 406);
      assert.match(transform.json.message, /^only the following media types are accepted: application\/json, /);
      const second = await stage.request(stage.podsPath, { accept: 'application/xml, application/json;q=0.5' });
      assert.equal(second.status, 200);
    },
  },
  {
    promise: 'what the server cannot read is a 415 or a 400',
    run: async (stage) => {
      const post = { method: 'POST', body: 'nonsense' };
      const type = await stage.request(stage.leasesPath, { ...post, contentType: 'text/plain' });
      assert.equal(type.status, 415);
      assert.match(type.json.message, /^the body of the request was in an unknown format/);
      const broken = await stage.request(stage.leasesPath, { ...post, body: '{nonsense' });
      assert.equal(broken.status, 400);
      const wrongKind = { ...post, body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: {} } };
      assert.equal((await stage.request(stage.leasesPath, wrongKind)).status, 400);
      const patch = { method: 'PATCH', body: {}, contentType: 'application/foo' };
      assert.equal((await stage.request(`${stage.leasesPath}/a`, patch)).status, 415);
    },
  },
  {
    promise: 'a query that makes no sense is a 400, one that is not allowed a 422',
    run: async (stage) => {
      const meta = 'ListOptions.meta.k8s.io "" is invalid: ';
      await invalid(stage, 'limit=abc', 400, 'strconv.ParseInt: parsing "abc": invalid syntax');
      await invalid(stage, 'fieldSelector=spec.foo%3D1', 400, 'field label not supported: spec.foo');
      await invalid(stage, 'labelSelector=a%3D%3D%3Db', 400, /^unable to parse requirement: /);
      await invalid(
        stage,
        'resourceVersion=abc',
        400,
        /^invalid resource version: resourceVersion: Invalid value: "abc"/,
      );
      await invalid(stage, 'watch=1&resourceVersion=abc', 500, /^resourceVersion: Invalid value: "abc"/);
      await invalid(stage, 'continue=xxx', 400, /^invalid continue token: continue key is not valid: /);
      const match = 'resourceVersionMatch: Forbidden: ';
      const unless = `${meta}${match}resourceVersionMatch is forbidden unless resourceVersion is provided`;
      await invalid(stage, 'resourceVersionMatch=Exact', 422, unless);
      const exactZero = `${meta}${match}resourceVersionMatch "exact" is forbidden for resourceVersion "0"`;
      await invalid(stage, 'resourceVersion=0&resourceVersionMatch=Exact', 422, exactZero);
      const forList = `${meta}sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list`;
      await invalid(stage, 'sendInitialEvents=true', 422, forList);
      const forWatch = `${meta}${match}resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided`;
      await invalid(stage, 'watch=1&resourceVersion=5&resourceVersionMatch=NotOlderThan', 422, forWatch);
    },
  },
  {
    promise: 'a streaming list that does not say which revision will do is a 422',
    ifStreaming: true,
    run: async (stage) => {
      const needs = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
      const text = `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: ${needs}`;
      await invalid(stage, 'watch=1&sendInitialEvents=true', 422, text);
    },
  },
  {
    promise: 'a streaming list is a 422 that names the feature',
    ifStreaming: false,
    run: async (stage) => {
      const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
      await invalid(
        stage,
        query,
        422,
        /sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled$/,
      );
    },
  },
  {
    promise: 'continue and resourceVersion exclude each other',
    run: async (stage) => {
      await stage.createPods(['a', 'b']);
      const list = await stage.list('limit=1');
      const query = `continue=${list.metadata.continue ?? ''}&resourceVersion=5`;
      await invalid(stage, query, 400, 'specifying resource version is not allowed when using continue');
    },
  },
  {
    promise: 'health and version are answered to everyone',
    run: async (stage) => {
      for (const path of ['/readyz', '/livez', '/healthz']) {
        assert.equal((await stage.request(path, { token: '' })).text, 'ok');
      }
      const { json } = await stage.request('/version', { token: '' });
      assert.equal(json.major, '1');
      assert.equal(json.minor, stage.server.kubernetes.replace('1.', ''));
    },
  },
];
