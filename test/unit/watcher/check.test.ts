/** What `watcher check` makes of what it finds: clocks, answers, disks, and how all of it is printed. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { checkApiServer, clockRow, skewMs } from '../../../cmd/watcher/check-apiserver.ts';
import { checkCluster } from '../../../cmd/watcher/check-cluster.ts';
import { checkData } from '../../../cmd/watcher/check-data.ts';
import { checkJson, checkTable } from '../../../cmd/watcher/check-print.ts';
import { checkRights } from '../../../cmd/watcher/check-rights.ts';
import { check } from '../../../cmd/watcher/commands/check.ts';
import { failed, overall, works, type CheckRow } from '../../../cmd/watcher/check-row.ts';
import { checkEnrolment, enrolmentRows } from '../../../cmd/watcher/check-enrolment.ts';
import { checkScope } from '../../../cmd/watcher/check-scope.ts';
import type { OutboxPlace } from '../../../cmd/watcher/wire-outbox.ts';
import { loadConfig } from '../../../internal/config/load.ts';
import { rightsNeeded, type RightsNeeds } from '../../../internal/kubernetes/rights.ts';
import type { Scope } from '../../../internal/kubernetes/scope.ts';
import type { ApiRequest, ApiResponse, ApiTransport } from '../../../internal/kubernetes/transport.ts';
import { systemClock } from '../../../internal/platform/clock.ts';
import { CodedError, describeError } from '../../../internal/platform/errors.ts';

const signal = new AbortController().signal;
const SECOND = Date.parse('2026-11-21T10:00:00Z');
const DATE = 'Sat, 21 Nov 2026 10:00:00 GMT';

describe('the clock of the API server', () => {
  for (const [sentMs, receivedMs, expected, what] of [
    [100, 300, 0, 'agrees where its second holds our time'],
    [-500, 200, 0, 'may agree where its second began while we waited'],
    [900, 1500, 0, 'may agree where its second was still on when we asked'],
    [-5000, -4000, 4000, 'is ahead by what our time lacks of its second'],
    [8000, 8100, -7000, 'is behind by what has passed since its second ended'],
  ] as const) {
    test(what, () => assert.equal(skewMs(DATE, SECOND + sentMs, SECOND + receivedMs), expected));
  }

  test('is not compared where none is told, or none that is a time', () => {
    assert.equal(skewMs(undefined, 0, 0), undefined);
    assert.equal(skewMs('yesterday', 0, 0), undefined);
    assert.equal(clockRow(undefined).status, 'works');
  });

  test('degrades what is told of pods only where it is far away, and then says which way', () => {
    assert.equal(clockRow(-5000).status, 'works');
    const [ahead, behind] = [clockRow(-60_000), clockRow(60_000)];
    assert.deepEqual([ahead.status, ahead.code], ['degraded', 'CLOCK_SKEWED']);
    assert.match(ahead.detail, /1 min 0 s ahead of the API server/);
    assert.match(behind.detail, /1 min 0 s behind the API server/);
  });
});

/** Answers every request alike. */
function answering(answer: Partial<ApiResponse>, asked: ApiRequest[] = []): ApiTransport {
  const whole = { status: 200, headers: {}, body: Buffer.from(''), ...answer };
  return {
    request: (request) => (asked.push(request), Promise.resolve(whole)),
    stream: () => Promise.reject(new Error('no streams here')),
    close: () => Promise.resolve(),
  };
}

describe('the API server', () => {
  const look = (body: string, status = 200): Promise<CheckRow[]> =>
    checkApiServer(answering({ status, body: Buffer.from(body) }), {
      clock: systemClock(),
      server: 'https://x',
      signal,
    });

  test('is shown with its version, and never with what is none', async () => {
    assert.match(
      (await look('{"gitVersion":"v1.36.3"}'))[0]?.detail ?? '',
      /^https:\/\/x is v1\.36\.3, answered after/,
    );
    for (const body of ['', '[]', '{"gitVersion":7}', '{"gitVersion":"\\u001b[31m"}', 'null']) {
      assert.match((await look(body).catch(() => []))[0]?.detail ?? 'of a version', /of a version/, body);
    }
  });

  test('is an error where it refuses', async () => {
    await assert.rejects(look('', 401), (error) => error instanceof CodedError && error.code === 'API_UNAUTHORIZED');
  });
});

describe('rights', () => {
  const needs: RightsNeeds = {
    ...{ mode: 'all', watchedNamespace: 'w', ownNamespace: 'w', leaseName: 'lock', context: ['logs'], silences: [] },
    ...{ isNodesWanted: true, isDryRun: false },
  };
  const answer = (allowed: boolean): Partial<ApiResponse> => ({
    status: 201,
    body: Buffer.from(JSON.stringify({ status: { allowed } })),
  });

  test('that are denied are missing where nothing works without them, else degraded, each with what is lost', async () => {
    const rows = await checkRights(answering(answer(false)), rightsNeeded(needs), signal);
    const missing = rows.filter(({ status }) => status === 'missing').map(({ what }) => what);
    assert.deepEqual(missing, [
      'right: list, watch pods',
      'right: create leases.coordination.k8s.io in namespace w',
      'right: get, update leases.coordination.k8s.io lock in namespace w',
    ]);
    const byLabel = await checkRights(answering(answer(false)), rightsNeeded({ ...needs, mode: 'label' }), signal);
    const namespaces = byLabel.find(({ what }) => what === 'right: list, watch namespaces');
    assert.equal(namespaces?.status, 'missing');
    for (const { status, detail } of rows) assert.ok(status === 'works' || detail.includes(' denied: '));
  });

  test('are asked for one by one, but for the right to ask', async () => {
    const asked: ApiRequest[] = [];
    const rights = rightsNeeded(needs);
    const rows = await checkRights(answering(answer(true), asked), rights, signal);
    assert.equal(overall(rows), 'works');
    const verbs = rights.filter(({ row }) => row.feature !== 'reviews').flatMap(({ row }) => row.verbs);
    assert.equal(asked.length, verbs.length);
  });
});

describe('a cluster', () => {
  const look = (reviewStatus: number): Promise<CheckRow[]> => {
    const version = { status: 200, headers: {}, body: Buffer.from('{"gitVersion":"v1.36.3"}') };
    const transport: ApiTransport = {
      ...answering({}),
      request: ({ path: at }) => Promise.resolve(at === '/version' ? version : { ...version, status: reviewStatus }),
    };
    const described = {
      server: 'https://x',
      source: 'kubeconfig',
      context: 'c',
      auth: 'token',
      proxy: 'none',
    } as const;
    const describeIt = () => ({ ...described, namespace: 'shop' });
    const connection = { transport, isInCluster: false, namespace: 'shop', describe: describeIt };
    const { config } = loadConfig({ argv: [], environment: {}, require: [] });
    return checkCluster(config, connection, { clock: systemClock(), signal });
  };

  test('that denies even the question is degraded, since rights are found out by trying', async () => {
    const row = (await look(403)).find(({ what }) => what === 'rights');
    assert.deepEqual([row?.status, row?.code], ['degraded', 'API_FORBIDDEN']);
  });

  test('that fails to answer the question may lack anything', async () => {
    const row = (await look(500)).find(({ what }) => what === 'rights');
    assert.deepEqual([row?.status, row?.code], ['missing', 'API_FAILED']);
  });
});

describe('the namespaces to watch', () => {
  const look = (scope: Scope, answer: Partial<ApiResponse>): Promise<CheckRow[]> =>
    checkScope(answering(answer), scope, signal);
  const list = (...items: object[]): Partial<ApiResponse> => ({ body: Buffer.from(JSON.stringify({ items })) });
  const shop: Scope = { mode: 'single', namespace: 'shop' };
  const labelled: Scope = { mode: 'label', key: 'team', value: 'a' };

  test('work where there is one, and are not asked for where all are watched', async () => {
    assert.deepEqual(await look(shop, list({})), [works('namespaces', 'namespace shop is there')]);
    assert.deepEqual(await look(labelled, list({})), [works('namespaces', 'there are namespaces labelled team=a')]);
    assert.deepEqual(await look({ mode: 'all' }, { status: 500 }), []);
  });

  test('are missing where the one does not exist, degraded where none has the label', async () => {
    const [none] = await look(shop, list());
    assert.deepEqual([none?.status, none?.code], ['missing', 'NAMESPACE_MISSING']);
    const [bare] = await look(labelled, list());
    assert.deepEqual([bare?.status, typeof bare?.remedy], ['degraded', 'string']);
  });

  test('are left to the row of the right where they may not be listed, and are degraded by an answer that is none', async () => {
    assert.deepEqual(await look(shop, { status: 403 }), []);
    for (const answer of [{ status: 500 }, { body: Buffer.from('<html>') }, { body: Buffer.from('{}') }])
      assert.equal((await look(shop, answer))[0]?.status, 'degraded');
  });
});

describe('the data directory', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'watcher-check-'));
  after(() => rmSync(root, { recursive: true, force: true }));
  const look = (place: OutboxPlace): Promise<CheckRow> =>
    checkData(place, { config: { clusterId: 'x' }, environment: {}, clock: systemClock(), pid: process.pid });
  const at = (dir: string, isRequired = true): OutboxPlace => ({
    kind: 'directory',
    path: path.join(root, dir),
    isRequired,
  });

  test('is tried where it is, or where it would be made, and left as it was', async () => {
    mkdirSync(path.join(root, 'there'));
    for (const dir of ['there', 'not/there/yet']) {
      const row = await look(at(dir));
      assert.equal(row.status, 'works', JSON.stringify(row));
      assert.match(row.detail, /can be written, synced in .*, \d+ MiB free/);
    }
    assert.deepEqual(readdirSync(root), ['there']);
    assert.deepEqual(readdirSync(path.join(root, 'there')), []);
  });

  test('that can not be written is missing where it was asked for, else degraded', async () => {
    writeFileSync(path.join(root, 'file'), '');
    const asked = await look(at('file/dir'));
    assert.deepEqual([asked.status, asked.code], ['missing', 'OUTBOX_UNUSABLE']);
    assert.equal((await look(at('file/dir', false))).status, 'degraded');
  });

  test('is done without by a dry run, and is told as lost where memory has to do', async () => {
    assert.equal((await look({ kind: 'memory', reason: 'dry-run', detail: '' })).status, 'works');
    const memory = await look({ kind: 'memory', reason: 'asked-for', detail: '--outbox=memory' });
    assert.deepEqual([memory.status, memory.code], ['degraded', 'OUTBOX_IN_MEMORY']);
  });
});

describe('enrolment', () => {
  test('works once the plane has taken the agent, and is degraded by what it answers instead', () => {
    assert.deepEqual(
      enrolmentRows({ kind: 'enrolled', atMs: 1 }).map(({ status }) => status),
      ['works'],
    );
    const lastError = describeError(new CodedError('PLANE_OTHER_CLUSTER', 'its uid is x'));
    const [row] = enrolmentRows({ kind: 'not-enrolled', attempts: 3, lastError });
    assert.deepEqual([row?.status, row?.code], ['degraded', 'PLANE_OTHER_CLUSTER']);
    assert.match(`${row?.detail ?? ''} ${row?.remedy ?? ''}`, /3 attempts: .*its uid is x.* --cluster-id/);
  });

  test('is not spoken of before the first answer, in a dry run, or where no agent runs', async () => {
    assert.deepEqual(enrolmentRows({ kind: 'not-enrolled', attempts: 0, lastError: undefined }), []);
    assert.deepEqual(enrolmentRows({ kind: 'dry-run' }), []);
    assert.deepEqual(enrolmentRows(undefined), []);
    assert.deepEqual(await checkEnrolment({ kind: 'directory', path: '/nonexistent', isRequired: true }), []);
  });
});

describe('the command', () => {
  async function run(isColoured: boolean) {
    const told = { out: '', err: '' };
    const terminal = {
      out: (text: string) => void (told.out += text),
      err: (text: string) => void (told.err += text),
      ...{ isTerminal: isColoured, isColoured },
    };
    const args = ['--kubeconfig=/nonexistent', '--outbox=memory'];
    const code = await check({ args, environment: {}, terminal, shutdown: signal });
    return { code, ...told };
  }

  test('shows colours where they are wanted, and the same without them elsewhere', async () => {
    const [shown, piped] = [await run(true), await run(false)];
    assert.ok(shown.out.includes('\u001b[31mmissing'), shown.out);
    assert.deepEqual(piped, { code: 2, out: stripVTControlCharacters(shown.out), err: '' });
  });
});

describe('what was found', () => {
  const rows: readonly CheckRow[] = [
    works('plane', 'answered'),
    failed('clock', 'degraded', new CodedError('CLOCK_SKEWED', 'evil\u001b[2J\nname')),
  ];

  test('is as bad as the worst of it', () => {
    assert.equal(overall([]), 'works');
    assert.equal(overall(rows), 'degraded');
    assert.equal(overall([...rows, failed('x', 'missing', new Error('y'))]), 'missing');
  });

  test('is printed with the remedy below, and nothing in it moves the cursor', () => {
    const plain = checkTable(rows, false);
    assert.ok(!plain.includes('\u001b') && plain.includes('-> '), plain);
    assert.equal(stripVTControlCharacters(checkTable(rows, true)), plain);
    assert.equal(plain.trim().split('\n').length, 6);
  });

  test('is one document for a program', () => {
    const { status, checks } = JSON.parse(checkJson(rows)) as { status: string; checks: { remedy: unknown }[] };
    assert.equal(status, 'degraded');
    assert.deepEqual(
      checks.map(({ remedy }) => typeof remedy),
      ['object', 'string'],
    );
  });
});
