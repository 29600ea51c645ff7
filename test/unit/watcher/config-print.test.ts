// `watcher config print` shows what is in force and where it comes from, and nobody's credentials.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { configPrint, renderConfig } from '../../../cmd/watcher/commands/config-print.ts';
import { settings } from '../../../internal/config/schema.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { load } from '../config/loading.ts';

const argv = [
  '--restate-url=http://restate:8080',
  '--cluster-id=007',
  '--remote-config-url=https://example.com/s?token=s3cret',
  '--pin=batch_size',
  '--managed-ns-label=watched',
  '--watch-namespace-mode=label',
  '--no-dry-run',
];
const loaded = load({ argv, environment: { HTTP_LISTEN: '[::1]:0' }, file: 'restate_timeout: 7s' });

const folder = mkdtempSync(join(tmpdir(), 'watcher-config-print-'));
after(() => rmSync(folder, { recursive: true }));

/** With an empty file, so that none of the working directory's is looked for. */
async function print(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const told = { out: '', err: '' };
  const terminal = {
    out: (text: string) => void (told.out += text),
    err: (text: string) => void (told.err += text),
    isTerminal: false,
  };
  const shutdown = new AbortController().signal;
  const file = join(folder, 'empty.yaml');
  writeFileSync(file, '');
  const code = await configPrint({ args: [`--config=${file}`, ...args], environment: {}, terminal, shutdown });
  return { code, ...told };
}

describe('config print', () => {
  test('shows each setting in a table, with where it comes from', () => {
    const lines = renderConfig(loaded, 'table').split('\n');
    assert.equal(lines.length, settings.length + 2);
    const lineOf = (key: string): string => lines.find((line) => line.startsWith(`${key} `)) ?? '';
    assert.match(lineOf('restate_timeout'), /^restate_timeout +config\.yaml:1 +7s *$/);
    assert.match(lineOf('http_listen'), /^http_listen +HTTP_LISTEN +\[::1\]:0 *$/);
    assert.match(lineOf('batch_size'), /^batch_size +default +100 *$/);
    assert.match(lineOf('kubeconfig'), /^kubeconfig +default +- *$/);
  });

  test('gives programs values with their types', () => {
    const json = JSON.parse(renderConfig(loaded, 'json')) as Record<string, { value: unknown; origin: string }>;
    assert.deepEqual(json.cluster_id, { value: '007', origin: 'flag', place: '--cluster-id' });
    assert.deepEqual(json.restate_timeout, { value: '7s', origin: 'file', place: 'config.yaml:1' });
    assert.deepEqual([json.batch_size?.value, json.dry_run?.value, json.kubeconfig?.value], [100, false, null]);
    assert.deepEqual([json.pin?.value, json.managed_ns_label?.value], [['batch_size'], 'watched=true']);
  });

  test('writes a file that means the same when it is read', () => {
    const again = load({ file: renderConfig(loaded, 'yaml') });
    const without = ({ remoteConfigUrl, ...rest }: typeof loaded.config): object => ({
      ...rest,
      secret: !remoteConfigUrl,
    });
    assert.deepEqual({ ...without(again.config), secret: false }, without(loaded.config));
    assert.equal(again.config.remoteConfigUrl, undefined);
  });

  for (const output of ['table', 'json', 'yaml'] as const) {
    test(`shows no credential as ${output}`, () => {
      const text = renderConfig(loaded, output);
      assert.ok(!text.includes('s3cret'));
      assert.ok(text.includes('https://example.com/s?[redacted]'));
    });
  }

  test('requires nothing, and prints warnings apart', async () => {
    const { code, err } = await print(['--managed-ns-label=a']);
    assert.equal(code, 0);
    assert.match(err, /^warning: --managed-ns-label: has no effect in mode single/);
  });

  test('refuses an unknown form and wrong settings', async () => {
    await assert.rejects(async () => await print(['-o', 'xml']), CodedError);
    await assert.rejects(async () => await print(['--batch-size=0']), /'?0'? is out of range/);
  });
});
