/** The contract, put to the simulated API server over both protocols and to a real one. */
import { after, before, describe, test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { contractCases } from './apiserver-cases.ts';
import { ContractClient, type Protocol } from './apiserver-client.ts';
import { Stage, type ContractServer } from './apiserver-contract.ts';
import { startReal, startSimulated } from './apiserver-servers.ts';

const CASE_TIMEOUT_MS = 60_000;

const allCases = Object.entries(contractCases).flatMap(([part, cases]) =>
  cases.map(({ promise, run }) => ({ title: `${part}: ${promise}`, run })),
);

function putToContract(name: string, protocol: Protocol, start: () => Promise<ContractServer>): void {
  describe(`${name} over ${protocol}`, () => {
    let server: ContractServer;
    before(async () => {
      server = await start();
    });
    after(() => server[Symbol.asyncDispose]());
    for (const { title, run } of allCases) {
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
function skipContract(name: string, reason: string): void {
  describe(name, () => {
    for (const { title } of allCases) test(title, { skip: reason }, () => undefined);
  });
}

const availability = await clusterAvailability();

putToContract('simulated API server', 'HTTP/1.1', startSimulated);
putToContract('simulated API server', 'HTTP/2', startSimulated);
if (availability.available) putToContract('kube-apiserver', 'HTTP/2', startReal);
else skipContract('kube-apiserver', availability.reason);
