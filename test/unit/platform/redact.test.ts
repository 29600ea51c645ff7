// Secrets in messages don't leave, what is none stays word for word, and no text makes it slow.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { redact, redactor } from '../../../internal/platform/redact.ts';
import { REDACTED } from '../../../internal/platform/secret.ts';
import { threadMs } from '../../support/thread-time.ts';

const CANARY = 'CANARY7f3kQ9zXw2';
const JWT = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ${CANARY}In0.${CANARY}`;
const KEY = `-----BEGIN RSA PRIVATE KEY-----\nMIIE${CANARY}\n${CANARY}\n-----END RSA PRIVATE KEY-----`;

const secrets: [name: string, text: string][] = [
  ['password=', `connect failed: user=app password=${CANARY} host=db`],
  ['a quoted password', `dial: {"password": "${CANARY} with blanks", "user": "app"}`],
  ['a password in JSON within JSON', `"{\\"password\\":\\"${CANARY}\\"}"`],
  ['a variable', `export DB_PASSWORD=${CANARY}`],
  ['a dotted setting', `spring.datasource.password: ${CANARY}`],
  ['a variable in quotes', `POSTGRES_PASSWORD='${CANARY}'`],
  ['a variable with nothing between its words', `PGPASSWORD=${CANARY} psql`],
  ['a setting in camel case', `{"dbPassword":"${CANARY}"}`],
  ['a key in a connection string', `Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=${CANARY}=`],
  ['a hash of Ruby', `{:password=>"${CANARY}"}`],
  ['a signed address', `GET https://x.blob.example/a?sig=${CANARY}&se=1: 403`],
  ['a signed address of S3', `GET https://s3.example/a?X-Amz-Date=1&X-Amz-Signature=${CANARY}`],
  ['a web hook', `POST https://hooks.slack.com/services/T0/B0/${CANARY}: 404`],
  [
    'an encrypted private key',
    KEY.replace('KEY-----\n', 'KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,3F\n\n'),
  ],
  ['a private key of PGP', `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${CANARY}\n-----END PGP PRIVATE KEY BLOCK-----`],
  ['an API key', `api-key: ${CANARY}; retry`],
  ['a header', `Authorization: Bearer ${CANARY}`],
  ['a header in JSON', `{"authorization":"Basic ${CANARY}="}`],
  ['a bearer token by itself', `got 401 with bearer ${CANARY}`],
  ['a JSON Web Token', `token rejected (${JWT})`],
  ['a private key', `bad key ${KEY} in file`],
  ['a private key that was cut off', `bad key ${KEY.slice(0, -30)}`],
  ['a URL', `cannot reach postgres://app:${CANARY}@db:5432/shop`],
  ['a URL with an @ in the password', `redis://:p@${CANARY}@cache`],
  ['an argument', `ran mysql --password ${CANARY} -h db`],
  ['an argument with =', `ran mysql --password=${CANARY} -h db`],
  ['a query', `GET /?access_token=${CANARY}&page=2`],
  ['a cookie', `Cookie: session=${CANARY}; other=${CANARY}`],
  ['an AWS secret', `aws_secret_access_key = ${CANARY}/abc`],
  ['a quoted password that was cut off', `env: password="${CANARY} with bla`],
  ['a password in single quotes that was cut off', `env: password='${CANARY} with bla`],
  ['a password with an escaped quote', `{"password": "a\\"${CANARY}", "user": "app"}`],
  ['a password in JSON within JSON, with blanks', `"{\\"password\\":\\"a ${CANARY} b\\"}"`],
  ['a token of many kilobytes', `token="${CANARY.repeat(600)}" rejected`],
  ['a URL that was cut off', `cannot reach postgres://app:${CANARY}`],
  ['a client secret', `client_secret=${CANARY}`],
];

describe('a secret', () => {
  for (const [name, text] of secrets) {
    test(`does not leave: ${name}`, () => {
      const clean = redact(text);
      assert.ok(!clean.includes(CANARY), clean);
      assert.ok(clean.includes(REDACTED), clean);
      assert.equal(redact(clean), clean);
    });
  }

  const shapes: [name: string, secret: string][] = [
    ['AWS', 'AKIAIOSFODNN7EXAMPLE'],
    ['GitHub', `ghp_${'a1B2'.repeat(9)}`],
    ['GitLab', 'glpat-abcdefghij0123456789'],
    ['Slack', 'xoxb-1234567890-abcdef'],
    ['Google', `AIza${'a'.repeat(35)}`],
    ['Stripe', `sk_live_${'a'.repeat(24)}`],
    ['Hugging Face', `hf_${'a'.repeat(34)}`],
    ['npm', `npm_${'a'.repeat(36)}`],
    ['Vault', `hvs.${'a'.repeat(24)}`],
    ['OpenAI and Anthropic', `sk-ant-api03-${'a'.repeat(40)}`],
  ];
  for (const [name, secret] of shapes) {
    test(`is known by its shape: ${name}`, () => assert.equal(redact(`x ${secret}, y`), `x ${REDACTED}, y`));
  }
});

describe('what is no secret', () => {
  const plain = [
    'exit code 1 (Error): panic: runtime error: index out of range [3] with length 3',
    'Back-off pulling image "registry.example/shop/web:1.4.2": ErrImagePull: not found',
    'secret "db-credentials" not found',
    "couldn't find key password in Secret shop/db",
    'references non-existent secret key: tls.crt',
    'failed to resolve reference "docker.io/library/app@sha256:0123": unexpected status 401',
    'the token has expired',
    'max_tokens: 100, bypass: true, compass=north, secretName: db, tokens=5',
    'task-0123456789abcdef0123456789abcdef0123456789 is late',
    'MountVolume.SetUp failed for volume "db-secret" : secret "db" not found',
    'dial http://cache.shop:6379',
    '0/3 nodes are available: 3 node(s) had untolerated taint',
    'GET https://api.example:6443/healthz: connection refused',
    '',
  ];
  for (const text of plain) {
    test(`stays word for word: ${text.slice(0, 40)}`, () => {
      const kept = redact(text);
      if (text.includes('secret key: ')) assert.match(kept, /^references non-existent secret key: /);
      else assert.equal(kept, text);
    });
  }
});

describe('a pattern of the operator', () => {
  test('takes out what it matches, in either case', () => {
    assert.equal(redactor(['ACME-*'])('id acme-12.x-9 failed'), `id ${REDACTED} failed`);
    assert.equal(redactor(['a.c'])('abc a.c'), `abc ${REDACTED}`);
  });
  test('that would take out everything is refused', () => {
    for (const pattern of ['*', '', ' ', '**']) assert.throws(() => redactor([pattern]), RangeError);
  });
});

test('a secret goes as a whole, however long it is', () => {
  const long = 'CANARY7f3kQ9zXw2'.repeat(1000);
  for (const before of ['Cookie: session=', 'Authorization: Bearer ', 'bearer ', 'run --token ']) {
    assert.ok(!redact(`${before}${long}`).includes('CANARY'), before);
  }
});

test('any text is read, and redacting twice changes nothing', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(...secrets.map(([, text]) => text), '://', '@', '=', '"'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const clean = redact(pieces.join(' '));
      assert.equal(redact(clean), clean);
    }),
  );
});

test('ten times the text takes no more than some thirty times as long, however hostile', () => {
  const hostile = [
    'a.'.repeat(50),
    'password',
    'password=',
    'eyJ',
    'a://',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----\n- ',
    '?sig=',
    'sk-',
    'x-',
    ' --token ',
  ];
  for (const unit of hostile) {
    const time = (repeats: number): number => {
      const text = unit.repeat(repeats);
      return threadMs(() => redact(text));
    };
    const small = Math.ceil(10_000 / unit.length);
    time(small);
    assert.ok(time(small * 10) <= 30 * time(small) + 20, unit);
  }
});
