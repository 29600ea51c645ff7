// What settings mean to each other: each rule with what breaks it, what it warns of, and what it leaves alone.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { load, messagesOf } from './loading.ts';

interface RuleCase {
  readonly name: string;
  readonly argv: readonly string[];
  readonly problem?: RegExp;
  readonly warning?: RegExp;
}

const token = '--restate-token-file=/t';
const certificate = ['--restate-cert-file=/c', '--restate-key-file=/k'];

const cases: readonly RuleCase[] = [
  {
    name: 'mode label without a label',
    argv: ['--watch-namespace-mode=label'],
    problem: /^--managed-ns-label: is required/,
  },
  { name: 'mode label with one', argv: ['--watch-namespace-mode=label', '--managed-ns-label=a'] },
  {
    name: 'a label in mode all',
    argv: ['--watch-namespace-mode=all', '--managed-ns-label=a'],
    warning: /no effect in mode all/,
  },
  {
    name: 'a namespace in mode all',
    argv: ['--watch-namespace-mode=all', '--watch-namespace=a'],
    warning: /no effect/,
  },
  { name: 'a node and a shard', argv: ['--node-name=a', '--shard=0/2'], problem: /^--shard: can't be combined/ },
  {
    name: 'a certificate without its key',
    argv: ['--restate-cert-file=/c'],
    problem: /^--restate-cert-file: has no private key/,
  },
  {
    name: 'a key without its certificate',
    argv: ['--restate-key-file=/k'],
    problem: /^--restate-key-file: has no certificate/,
  },
  {
    name: 'a pin of what is not adjustable',
    argv: ['--pin=restate_url'],
    problem: /'restate_url' is not a setting that remote/,
  },
  { name: 'a misspelt pin', argv: ['--pin=batch_sise'], problem: /did you mean batch_size\?/ },
  { name: 'pins in any spelling', argv: ['--pin=batch-size,dedup_cooldown_seconds,event_types'] },
  {
    name: 'profiles for everyone',
    argv: ['--debug-listen=0.0.0.0:6060'],
    problem: /^--debug-listen: would show profiles to anyone/,
  },
  { name: 'profiles for everyone with a token', argv: ['--debug-listen=0.0.0.0:6060', '--debug-token-file=/t'] },
  { name: 'profiles on no host in particular', argv: ['--debug-listen=:6060'] },
  { name: 'profiles on IPv6 loopback', argv: ['--debug-listen=[::1]:6060'] },
  { name: 'profiles on IPv6 in general', argv: ['--debug-listen=[::]:6060'], problem: /anyone who reaches it/ },
  { name: 'headers for no collector', argv: ['--otlp-headers-file=/h'], warning: /no effect without --otlp-endpoint/ },
  {
    name: 'headers over plain http',
    argv: ['--otlp-endpoint=http://otlp.example.com', '--otlp-headers-file=/h'],
    problem: /^--otlp-endpoint: would send the headers/,
  },
  {
    name: 'headers in the cluster',
    argv: ['--otlp-endpoint=http://otel.monitoring.svc:4318', '--otlp-headers-file=/h'],
  },
  { name: 'headers over https', argv: ['--otlp-endpoint=https://otlp.example.com', '--otlp-headers-file=/h'] },
  { name: 'a collector without headers', argv: ['--otlp-endpoint=http://otlp.example.com'] },
  {
    name: 'a collector where machines get credentials',
    argv: ['--otlp-endpoint=http://169.254.169.254'],
    problem: /^--otlp-endpoint: names a service that hands out credentials/,
  },
  { name: 'a data directory for memory', argv: ['--outbox=memory', '--data-dir=/d'], warning: /holds no outbox/ },
  { name: 'a Lease of half seconds', argv: ['--lease-duration=15500ms'], problem: /not a whole number of seconds/ },
  {
    name: 'a renew deadline past the Lease',
    argv: ['--lease-renew-deadline=15s'],
    problem: /not shorter than --lease-duration/,
  },
  {
    name: 'a retry past the deadline',
    argv: ['--lease-retry=10s'],
    problem: /not shorter than --lease-renew-deadline/,
  },
  {
    name: 'remote settings over plain http',
    argv: ['--remote-config-url=http://a.example.com'],
    warning: /can be forged/,
  },
];

/** The plane's URL, whether a credential is configured, and what becomes of it. */
const ways: readonly [
  url: string,
  credential: 'none' | 'token' | 'certificate',
  outcome: 'fine' | 'warned' | 'refused',
][] = [
  ['https://restate.example.com', 'token', 'fine'],
  ['http://restate.example.com', 'none', 'warned'],
  ['http://restate.example.com', 'token', 'refused'],
  ['http://restate.example.com', 'certificate', 'refused'],
  ['http://10.0.0.1:8080', 'token', 'refused'],
  ['http://svc.example.com', 'token', 'refused'],
  ['http://127.0.0.1:8080', 'token', 'fine'],
  ['http://[::1]:8080', 'token', 'fine'],
  ['http://localhost:8080', 'token', 'fine'],
  ['http://restate:8080', 'token', 'fine'],
  ['http://restate.plane.svc:8080', 'token', 'fine'],
  ['http://restate.plane.svc.cluster.local.:8080', 'token', 'fine'],
];

function outcomeOf(argv: readonly string[]): { problems: string[]; warnings: string[] } {
  const problems = messagesOf({ argv });
  const warnings =
    problems.length > 0 ? [] : load({ argv }).warnings.map(({ place, problem }) => `${place}: ${problem}`);
  return { problems, warnings };
}

describe('rules', () => {
  for (const { name, argv, problem, warning } of cases) {
    const verdict = problem !== undefined ? 'is a problem' : warning !== undefined ? 'is a warning' : 'is fine';
    test(`${name} ${verdict}`, () => {
      const { problems, warnings } = outcomeOf(argv);
      assert.equal(problems.length, problem === undefined ? 0 : 1, problems.join());
      assert.equal(warnings.length, warning === undefined ? 0 : 1, warnings.join());
      if (problem !== undefined) assert.match(problems.join(), problem);
      if (warning !== undefined) assert.match(warnings.join(), warning);
    });
  }

  for (const [url, credential, outcome] of ways) {
    test(`${url} with ${credential === 'none' ? 'no credential' : `a ${credential}`} is ${outcome}`, () => {
      const given = { none: [], token: [token], certificate };
      const { problems, warnings } = outcomeOf([`--restate-url=${url}`, ...given[credential]]);
      assert.deepEqual(
        [problems.length, warnings.length],
        [outcome === 'refused' ? 1 : 0, outcome === 'warned' ? 1 : 0],
      );
    });
  }

  test('a credential over plain http goes where --insecure-plane says so, with a warning', () => {
    const { problems, warnings } = outcomeOf(['--restate-url=http://a.example.com', token, '--insecure-plane']);
    assert.deepEqual(problems, []);
    assert.match(warnings.join(), /events and a credential can be read/);
  });

  test('a rule that looks at a wrong value says nothing on top of it', () => {
    assert.deepEqual(messagesOf({ argv: ['--watch-namespace-mode=lable'] }), [
      "--watch-namespace-mode: 'lable' is not known; choose one of single, label, all",
    ]);
  });
});
