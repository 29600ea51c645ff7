// Flag over environment over file over default, all problems at once, and nothing that isn't said.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { agentRequires, loadConfig } from '../../../internal/config/load.ts';
import { ConfigError } from '../../../internal/config/problems.ts';
import { settings } from '../../../internal/config/schema.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { load, messagesOf, problemsOf, readerOf } from './loading.ts';

describe('precedence', () => {
  test('of any combination of sources the strongest counts, and is named', () => {
    const size = fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined });
    fc.assert(
      fc.property(size, size, size, (flag, variable, line) => {
        const { config, origins } = load({
          argv: flag === undefined ? [] : [`--batch-size=${flag}`],
          environment: variable === undefined ? {} : { BATCH_SIZE: String(variable) },
          file: line === undefined ? '' : `batch_size: ${line}`,
        });
        assert.equal(config.batchSize, flag ?? variable ?? line ?? 100);
        const values = { flag, environment: variable, file: line, default: 100 };
        assert.equal(values[origins.batchSize], config.batchSize);
      }),
    );
  });

  test('each value says where it stands', () => {
    const { places } = load({
      argv: ['--batch-size=2'],
      environment: { RESTATE_TIMEOUT: '1s' },
      file: '# settings\n\nbatch_flush: 2s\n',
    });
    assert.equal(places.batchSize, '--batch-size');
    assert.equal(places.restateTimeoutMs, 'RESTATE_TIMEOUT');
    assert.equal(places.batchFlushMs, 'config.yaml:3');
    assert.equal(places.httpListen, 'default');
  });

  test('a variable that is empty or blank counts as not set', () => {
    const { config, origins } = load({ environment: { BATCH_SIZE: '', RESTATE_TIMEOUT: ' \n' } });
    assert.deepEqual([config.batchSize, config.restateTimeoutMs], [100, 5000]);
    assert.deepEqual([origins.batchSize, origins.restateTimeoutMs], ['default', 'default']);
  });

  test('an empty flag takes back what a weaker source says', () => {
    const { config } = load({ argv: ['--data-dir='], environment: { DATA_DIR: '/data' } });
    assert.equal(config.dataDir, undefined);
  });

  test('white space around a value, such as the line end of a secret, is no part of it', () => {
    assert.equal(load({ environment: { CLUSTER_ID: ' prod\n' } }).config.clusterId, 'prod');
  });

  test('a wrong value that is overridden is a warning', () => {
    const { config, warnings } = load({ argv: ['--restate-timeout=1s'], file: 'restate_timeout: 300' });
    assert.equal(config.restateTimeoutMs, 1000);
    assert.deepEqual(warnings, [
      {
        key: 'restate_timeout',
        source: 'file',
        place: 'config.yaml:1',
        problem: "'300' has no unit, but is overridden by --restate-timeout",
        remedy: 'write 300s for seconds or 300ms for milliseconds',
      },
    ]);
  });
});

describe('problems', () => {
  test('are told all at once, each with its place and what to do', () => {
    const told = messagesOf({
      argv: ['--batch-sise=1', '--dry-run=maybe', 'extra'],
      environment: { RESTATE_TIMEOUT: '300' },
      file: 'batch_flush: fast\nrestate_urll: http://a\n',
    });
    assert.deepEqual(told, [
      '--batch-sise: is not a known flag; did you mean --batch-size?',
      "config.yaml:2:1: 'restate_urll' is not a known key; did you mean restate_url?",
      "'extra': is not expected here; a command comes first, settings behind it as --key=value; see --help",
      "RESTATE_TIMEOUT: '300' has no unit; write 300s for seconds or 300ms for milliseconds",
      "config.yaml:1: 'fast' is not a duration; write it like 500ms, 5s, 1m30s or 2h",
      "--dry-run: 'maybe' is neither true nor false; write true or false",
    ]);
  });

  test('come as CONFIG_INVALID, with one line each in the message', () => {
    const options = { argv: [], environment: {}, require: agentRequires, readFile: readerOf({}) };
    assert.throws(
      () => loadConfig(options),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError && error instanceof CodedError);
        assert.equal(error.code, 'CONFIG_INVALID');
        assert.deepEqual(error.detail.split('\n'), [
          '2 problems:',
          '  --restate-url: is required; give --restate-url, RESTATE_URL or, in a file, restate_url',
          '  --cluster-id: is required; give --cluster-id, CLUSTER_ID or, in a file, cluster_id',
        ]);
        return true;
      },
    );
  });

  test('a value that is wrong is not said to be missing as well', () => {
    const options = { argv: ['--restate-url=x', '--cluster-id=a'], environment: {}, readFile: readerOf({}) };
    assert.throws(() => loadConfig({ ...options, require: agentRequires }), /^ConfigError: CONFIG_INVALID: 1 problem:/);
  });

  test('never repeat a password or a token that stands in a URL', () => {
    const told = messagesOf({
      argv: ['--restate-url=http://u:s3cret@a', '--remote-config-url', 'ftp://a/?token=s3cret'],
      file: 'restate_token: s3cret\nremote_config_url: {a: s3cret}',
    });
    assert.equal(told.length, 4);
    assert.ok(!told.join('\n').includes('s3cret'));
  });

  test('any environment and any flags are taken or refused, never thrown on', () => {
    const value = fc.oneof(fc.string(), fc.constantFrom('5s', 'true', 'http://a', ':1', 'a', '*', '1/2'));
    const variables = fc.dictionary(fc.constantFrom(...settings.map((row) => row.environment)), value);
    fc.assert(
      fc.property(variables, fc.array(value), (environment, argv) => {
        problemsOf({ environment: { ...environment, CONFIG: undefined }, argv });
      }),
    );
  });
});

describe('the file', () => {
  test('is config.yaml, else config/config.yaml, else none', () => {
    const files = { 'config.yaml': 'batch_size: 1', 'config/config.yaml': 'batch_size: 2' };
    assert.equal(load({ files }).file, 'config.yaml');
    assert.equal(load({ files: { 'config/config.yaml': 'batch_size: 2' } }).config.batchSize, 2);
    assert.equal(load({}).file, undefined);
  });

  test('that is named takes the place of both, by flag or by environment', () => {
    const files = { 'config.yaml': 'batch_size: 1', '/etc/a.yaml': 'batch_size: 3' };
    assert.equal(load({ files, argv: ['--config', '/etc/a.yaml'] }).config.batchSize, 3);
    assert.equal(load({ files, environment: { CONFIG: '/etc/a.yaml' } }).config.batchSize, 3);
  });

  test('that is named has to exist', () => {
    assert.deepEqual(messagesOf({ argv: ['--config=nowhere.yaml'] }), [
      'nowhere.yaml: does not exist; name an existing file in --config',
    ]);
  });

  test("can't name another one", () => {
    assert.deepEqual(messagesOf({ file: 'config: other.yaml' }), ['config.yaml:1: names another file; remove it']);
  });
});

describe('what is loaded', () => {
  test('is frozen and whole', () => {
    const { config, origins } = load({});
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.enabledReasons) && Object.isFrozen(config.httpListen));
    assert.deepEqual(Object.keys(origins).sort(), settings.map(({ name }) => name).sort());
  });

  test('depends on what is handed in alone: two at once differ', () => {
    const [one, two] = [load({ argv: ['--cluster-id=a'] }), load({ argv: ['--cluster-id=b'] })];
    assert.deepEqual([one.config.clusterId, two.config.clusterId], ['a', 'b']);
  });

  test("names a subcommand's own flags and arguments apart", () => {
    const commandFlags = [{ name: 'all', short: 'A', bare: 'true' }];
    const options = { environment: {}, require: [], readFile: readerOf({}), commandFlags };
    const loaded = loadConfig({ ...options, argv: ['ns/pod', '-A', '--context=x'], mostPositionals: 1 });
    assert.deepEqual(loaded.positionals, ['ns/pod']);
    assert.deepEqual([...loaded.commandFlags], [['all', 'true']]);
    assert.equal(loaded.config.context, 'x');
  });
});

describe('enabled reasons', () => {
  const knownReasons = ['CrashLoopBackOff', 'Failed', 'Evicted'];

  test('nobody knows are skipped with a warning that names the nearest', () => {
    const { config, warnings } = load({ argv: ['--enabled-reasons=Failed,Evictd'], knownReasons });
    assert.deepEqual(config.enabledReasons, ['Failed']);
    assert.deepEqual(
      warnings.map(({ problem, remedy }) => `${problem}; ${remedy}`),
      ["'Evictd' is no known reason and is skipped; did you mean Evicted?"],
    );
  });

  test('of which none is known are a problem, since nothing would be told', () => {
    const told = messagesOf({ file: 'enabled_reasons: [Nothing]', knownReasons });
    assert.deepEqual(told, [
      "config.yaml:1: 'Nothing' is no known reason; name families or reasons of the documentation, or *",
    ]);
  });

  test('may be all', () => assert.deepEqual(load({ argv: ['--enabled-reasons=*'], knownReasons }).warnings, []));
});
