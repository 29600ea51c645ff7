// A server that refuses protobuf is asked for JSON, once for the connection, and the log says so once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scope } from '../../../internal/kubernetes/scope.ts';
import { failing, readNamespaces, withPodWatches } from '../../support/pod-watches-case.ts';
import type { PolicyRule } from '../../support/simulated-apiserver/authorization.ts';

const labelled: Scope = { mode: 'label', key: 'watch', value: 'true' };
const NAMESPACES = ['n1', 'n2', 'n3', 'n4'];
const readPodsThere: PolicyRule = {
  verbs: ['list', 'watch'],
  apiGroups: [''],
  resources: ['pods'],
  namespaces: [...NAMESPACES, 'late'],
};

test('protobuf refused in one namespace is not asked for in the next, and is said once', () =>
  withPodWatches(
    labelled,
    [readNamespaces, readPodsThere],
    async (rig, server) => {
      await rig.tells('synced', ...NAMESPACES.map((name) => `${name}/web added initial`));
      server.ensureNamespace('late', { watch: 'true' });
      failing(server, 'late', 'web');
      await rig.tells('late/web added initial');
      const accepted = server.requests.all({ resource: 'pods', namespace: 'late' }).map(({ accept }) => accept);
      assert.ok(
        accepted.length > 0 && accepted.every((accept) => accept.startsWith('application/json')),
        accepted.join(),
      );
      const said = rig.log.filter(({ msg }) => /asking for JSON/.test(msg));
      assert.deepEqual(said.map((line) => line.resource).sort(), ['namespaces', 'pods']);
    },
    (server) => {
      for (const name of NAMESPACES) {
        server.ensureNamespace(name, { watch: 'true' });
        failing(server, name, 'web');
      }
    },
  ));
