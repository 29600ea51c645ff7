/** `-o json`: every command that prints has it, with the fields its help names, and nothing else on standard output. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { JsonShape } from '../../cmd/watcher/command.ts';
import { commandTable } from '../../cmd/watcher/commands.ts';
import { startCliWorldWithAgent, type CliWorld } from '../support/cli-world.ts';
import { runWatcher, type Ended } from '../support/e2e-command.ts';
import { covers, pathsIn } from '../support/json-paths.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';

interface Case {
  readonly args: readonly string[];
  readonly code?: number;
  /** --file takes the output, and a document about it is printed instead. */
  readonly isFiled?: boolean;
}

const stack = new AsyncDisposableStack();
let world: CliWorld;
before(async () => {
  const plane = await startScriptedIngress();
  stack.defer(() => plane.stop());
  world = stack.use(await startCliWorldWithAgent(plane.url));
});
after(() => stack.disposeAsync());

const idle = (): string => `--data-dir=${world.idleDir()}`;
const file = (name: string): string => `--file=${path.join(world.dir, name)}`;

/** By the words of each command; several where one run does not show all. */
const cases: Readonly<Record<string, () => readonly Case[]>> = {
  'config print': () => [{ args: [] }],
  check: () => [{ args: [] }, { args: ['--kubeconfig=/nonexistent'], code: 2 }],
  rbac: () => [{ args: [] }],
  scan: () => [{ args: ['-A'], code: 1 }],
  explain: () => [{ args: ['shop/web'] }, { args: ['shop/nobody'], code: 1 }],
  record: () => [{ args: ['-A', '--for=10s'] }, { args: ['-A', '--for=1s', file('recording')], isFiled: true }],
  replay: () =>
    ['drain', 'crash-loop'].map((name) => ({ args: [`test/corpus/recordings/${name}.ndjson`, '--enabled-reasons=*'] })),
  'log-level': () => [{ args: [] }],
  'test-event': () => [{ args: [] }, { args: ['--restate-url=http://127.0.0.1:9', '--restate-timeout=1s'], code: 1 }],
  outbox: () => [{ args: [], code: 2 }],
  'outbox status': () => [{ args: [] }, { args: [idle()] }],
  'outbox list': () => [{ args: [idle(), '--limit=3'] }],
  'outbox quarantine': () => [{ args: [idle()] }],
  'outbox requeue': () => [{ args: [idle(), 'q0', 'nobody'], code: 1 }, { args: [idle(), '--all'] }],
  'outbox export': () => [{ args: [idle()] }, { args: [idle(), file('backlog')], isFiled: true }],
  'support-bundle': () => [{ args: [file('support.tar.gz')] }],
  completion: () => [{ args: ['bash'] }],
  version: () => [{ args: [] }],
};

function documentsIn({ out }: Ended, { kind }: JsonShape, { isFiled = false }: Case): unknown[] {
  if (kind === 'nothing') assert.equal(out, '');
  const texts = kind === 'lines' && !isFiled ? out.trimEnd().split('\n') : [out];
  return texts.filter((text) => text !== '').map((text): unknown => JSON.parse(text));
}

function linesOf(err: string): { readonly level: string }[] {
  return err
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { level: string });
}

describe('-o json', { concurrency: 2, timeout: 300_000 }, () => {
  for (const entry of commandTable) {
    const { words } = entry;
    if (words === '') continue;
    test(`of ${words} prints the fields its help names, all of them and no others`, async () => {
      const json = (await entry.load()).help?.json ?? { kind: 'nothing', fields: [] };
      const seen = { filed: new Set<string>(), plain: new Set<string>() };
      for (const one of cases[words]?.() ?? assert.fail(`no case of ${words}`)) {
        const args = [...words.split(' '), ...one.args, '-o', 'json'];
        const ended = await runWatcher(args, { environment: world.environment, withinMs: 120_000 });
        assert.equal(ended.code, one.code ?? 0, `${args.join(' ')}: ${ended.out}${ended.err}`);
        for (const { level } of linesOf(ended.err)) assert.match(level, /^(warning|error|summary)$/);
        for (const document of documentsIn(ended, json, one)) {
          for (const found of pathsIn(document)) seen[one.isFiled ? 'filed' : 'plain'].add(found);
        }
      }
      for (const [named, found] of [
        [json.fields, seen.plain],
        [json.filed ?? [], seen.filed],
      ] as const) {
        for (const one of found)
          assert.ok(
            named.some((field) => covers(field, one)),
            `the help does not name ${one}`,
          );
        for (const field of named)
          assert.ok(
            [...found].some((one) => covers(field, one)),
            `no run showed ${field}`,
          );
      }
    });

    test(`of ${words} tells an error as one line of JSON with its code, what happened and what to do`, async () => {
      const { code, out, err } = await runWatcher([...words.split(' '), '--nonsense', '--output=json']);
      assert.deepEqual([code, out], [2, '']);
      const [error, ...others] = linesOf(err);
      assert.deepEqual(others, []);
      const { problems, ...rest } = error as { level: string; problems?: { place: string }[] };
      assert.deepEqual(Object.keys(rest), ['level', 'code', 'message', 'remedy']);
      assert.partialDeepStrictEqual(rest, { level: 'error', code: 'CONFIG_INVALID' });
      if (words !== 'outbox') assert.equal(problems?.[0]?.place, '--nonsense');
    });
  }

  test('of a command nobody knows tells which one may have been meant', async () => {
    const { code, out, err } = await runWatcher(['scna', '-o', 'json']);
    assert.deepEqual([code, out], [2, '']);
    assert.partialDeepStrictEqual(JSON.parse(err), {
      code: 'CONFIG_INVALID',
      problems: [{ remedy: "did you mean 'scan'?" }],
    });
  });
});
