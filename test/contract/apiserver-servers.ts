/** The servers put to the contract: the simulated one, and a real one where there are binaries for it. */
import { readFileSync } from 'node:fs';
import { startCluster } from '../cluster/cluster.ts';
import type { ClusterOptions } from '../cluster/options.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';
import type { ContractServer } from './apiserver-contract.ts';

const READABLE = 'readable';
const readerRule = { verbs: ['list', 'watch'], apiGroups: [''], resources: ['pods'] };

export async function startSimulated(): Promise<ContractServer> {
  const server = await SimulatedApiServer.start({
    // The real one takes 3 s for this, which is no part of the contract.
    timing: { futureRevisionWaitMs: 200 },
    users: [
      { name: 'reader', token: 'reader-token', rules: [{ ...readerRule, namespaces: [READABLE] }] },
      { name: 'stranger', token: 'stranger-token', rules: [] },
    ],
  });
  server.ensureNamespace(READABLE);
  return {
    name: 'simulated API server',
    kubernetes: '1.36',
    url: server.url,
    caPem: server.caPem,
    adminToken: server.adminToken,
    tokenOf: (user) => `${user}-token`,
    expireHistory: () => {
      server.compact();
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Of this minor; ask clusterAvailability() first, with the same `which`. */
export async function startReal(
  kubernetes: string,
  which: Pick<ClusterOptions, 'kubernetes'>,
): Promise<ContractServer> {
  const cluster = await startCluster({ ...which, tokenUsers: [{ user: 'reader' }, { user: 'stranger' }] });
  await cluster.createNamespace(READABLE);
  const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${READABLE}`;
  await cluster.api('POST', `${roles}/roles`, { metadata: { name: 'reader' }, rules: [readerRule] });
  await cluster.api('POST', `${roles}/rolebindings`, {
    metadata: { name: 'reader' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader' }],
  });
  return {
    name: 'kube-apiserver',
    kubernetes,
    url: cluster.url,
    caPem: readFileSync(cluster.caFile, 'utf8'),
    adminToken: cluster.adminToken,
    tokenOf: cluster.tokenFor,
    expireHistory: async () => {
      await cluster.compactEtcd();
      // The watch cache still knows what etcd has forgotten; it begins anew with the server.
      await cluster.restartApiServer();
    },
    [Symbol.asyncDispose]: () => cluster.stop(),
  };
}
