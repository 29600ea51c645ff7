/** The contract, put to the simulated API server over both protocols and to a real one of each supported minor. */
import { after, before, describe, test } from 'node:test';
import type { testedKubernetes } from '../../internal/kubernetes/supported-versions.ts';
import { clusterAvailability } from '../cluster/availability.ts';
import { readEnvironment } from '../cluster/environment.ts';
import { contractCases } from './apiserver-cases.ts';
import { ContractClient, type Protocol } from './apiserver-client.ts';
import { Stage, type ContractServer } from './apiserver-contract.ts';
import { startReal, startSimulated } from './apiserver-servers.ts';

const CASE_TIMEOUT_MS = 60_000;

/** Where lists are streamed: off by default in the others. */
const STREAMING = ['1.36'];

function casesFor(kubernetes: string) {
  const isStreaming = STREAMING.includes(kubernetes);
  return Object.entries(contractCases).flatMap(([part, cases]) =>
    cases
      .filter(({ ifStreaming = isStreaming }) => ifStreaming === isStreaming)
      .map(({ promise, run }) => ({ title: `${part}: ${promise}`, run })),
  );
}

function putToContract(
  name: string,
  kubernetes: string,
  protocol: Protocol,
  start: () => Promise<ContractServer>,
): void {
  describe(`${name} over ${protocol}`, () => {
    let server: ContractServer;
    before(async () => {
      server = await start();
    });
    after(() => server[Symbol.asyncDispose]());
    for (const { title, run } of casesFor(kubernetes)) {
      test(title, { timeout: CASE_TIMEOUT_MS }, async () => {
        const client = new ContractClient(server, protocol, server.adminToken);
        const stage = new Stage(server, client);
        try {
          await stage.open();
          await run(stage);
        } finally {
          client.close();
        }
      });
    }
  });
}

/** Each case by itself, so that what isn't tested is counted. */
function skipContract(name: string, kubernetes: string, reason: string): void {
  describe(name, () => {
    for (const { title } of casesFor(kubernetes)) test(title, { skip: reason }, () => undefined);
  });
}

putToContract('simulated API server', '1.36', 'HTTP/1.1', startSimulated);
putToContract('simulated API server', '1.36', 'HTTP/2', startSimulated);
for (const minor of ['1.33', '1.36'] satisfies (typeof testedKubernetes)[number][]) {
  const name = `kube-apiserver ${minor}`;
  // Of the usual minor also one of KUBEBUILDER_ASSETS will do.
  const which = minor === readEnvironment().kubernetes ? {} : { kubernetes: minor };
  const availability = await clusterAvailability(which);
  if (availability.available) putToContract(name, minor, 'HTTP/2', () => startReal(minor, which));
  else skipContract(name, minor, availability.reason);
}
