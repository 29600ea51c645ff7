// What the reference plane offers, as the real Restate server understood it: who may call what, and what is kept of calls.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startPlaneServer, type PlaneServer } from '../support/plane-server.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';

describe('the reference plane', { skip: skipWithoutRestate() }, () => {
  let plane: PlaneServer;
  before(async () => {
    plane = await startPlaneServer();
  });
  after(() => plane.stop());

  test('offers the ingress what its agents and their owners need, and nothing else', async () => {
    const offered = (await offeredHandlers(plane)).filter(({ isPublic }) => isPublic);
    assert.deepEqual(offered.map(({ name }) => name).sort(), [
      'ClusterService/Enroll',
      'ClusterService/Heartbeat',
      'ClusterService/Late',
      'ConfigService/Get',
      ...['incident', 'onOpenIncidents', 'onPodEvent', 'onPodEvents', 'received', 'summary'].map(
        (name) => `ProjectService/${name}`,
      ),
    ]);
  });

  test('keeps no journal, keys for 24 hours of what changes something, and kills what fails but a dead letter and what notices silence', async () => {
    const handlers = await offeredHandlers(plane);
    assert.ok(handlers.every(({ journalRetention }) => journalRetention === '0s'));
    const keeping = handlers.filter(({ keyRetention }) => keyRetention !== '0s');
    assert.deepEqual(keeping.map(({ name, keyRetention }) => `${name} ${keyRetention}`).sort(), [
      'ConfigService/Set 1d',
      ...['forget', 'onOpenIncidents', 'onPodEvent', 'onPodEvents', 'useCooldown'].map(
        (name) => `ProjectService/${name} 1d`,
      ),
    ]);
    const patient = handlers
      .filter(({ retries }) => retries !== '18 Kill')
      .map(({ name, retries }) => `${name} ${retries}`);
    assert.deepEqual(
      patient.sort(),
      ['ClusterFleet/note', 'ClusterRegistry/check', 'DeadLetters/add'].map((name) => `${name} 1000 Pause`),
    );
  });
});

interface Offered {
  readonly name: string;
  readonly isPublic: boolean;
  readonly journalRetention: string | undefined;
  readonly keyRetention: string | undefined;
  /** How often what fails is tried, and what becomes of it then. */
  readonly retries: string;
}

interface AdminHandler {
  readonly name: string;
  readonly public: boolean;
  readonly journal_retention?: string;
  readonly idempotency_retention?: string;
  readonly retry_policy?: { readonly max_attempts?: number; readonly on_max_attempts?: string };
}

/** What the plane offers, as the Restate server understood it. */
async function offeredHandlers(plane: PlaneServer): Promise<Offered[]> {
  const answer = await fetch(`${plane.restate.adminUrl}/services`);
  const { services } = (await answer.json()) as { services: { name: string; handlers: AdminHandler[] }[] };
  return services.flatMap(({ name: service, handlers }) =>
    handlers.map(({ name, public: isPublic, journal_retention, idempotency_retention, retry_policy }) => ({
      ...{ name: `${service}/${name}`, isPublic },
      ...{ journalRetention: journal_retention, keyRetention: idempotency_retention },
      retries: `${retry_policy?.max_attempts ?? 'any'} ${retry_policy?.on_max_attempts ?? ''}`,
    })),
  );
}
