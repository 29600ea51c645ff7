// Each format takes what it says and refuses the rest with a reason; what it shows, it reads again.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  clusterId,
  labelRequirement,
  namespaceName,
  objectName,
  shard,
} from '../../../internal/config/format-kubernetes.ts';
import { httpUrl, listenAddress, secretUrl } from '../../../internal/config/format-network.ts';
import { decimal, list, optional, truth, whole, type Format } from '../../../internal/config/format.ts';
import { planeUrlPolicy, remoteConfigUrlPolicy } from '../../../internal/platform/url-guard.ts';

interface Case<T> {
  readonly name: string;
  readonly format: Format<T>;
  readonly taken: readonly (readonly [text: string, value: T])[];
  readonly refused: readonly (readonly [text: string, saying: RegExp])[];
}

function check<T>({ name, format, taken, refused }: Case<T>): void {
  describe(name, () => {
    for (const [text, value] of taken) {
      test(`takes ${JSON.stringify(text)} and reads again what it shows`, () => {
        assert.deepEqual(format.parse(text), { kind: 'value', value });
        assert.deepEqual(format.parse(format.show(value)), { kind: 'value', value });
      });
    }
    for (const [text, saying] of refused) {
      test(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
        const parsed = format.parse(text);
        assert.match(parsed.kind === 'problem' ? `${parsed.problem}; ${parsed.remedy}` : 'taken', saying);
      });
    }
  });
}

check({
  name: 'a URL of the plane',
  format: httpUrl(planeUrlPolicy),
  taken: [
    ['http://restate:8080', 'http://restate:8080'],
    ['https://restate.example.com/', 'https://restate.example.com'],
    ['https://example.com/a/b//', 'https://example.com/a/b'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['HTTP://Example.COM:80', 'http://example.com'],
  ],
  refused: [
    ['', /is not a URL/],
    ['restate:8080', /not an http or https URL/],
    ['file:///etc/passwd', /not an http or https URL/],
    ['https://user:s3cret@example.com', /^holds a user name or password; .*--restate-token-file/],
    ['https://example.com/?token=s3cret', /^has a query/],
    ['https://example.com/#a', /^has a fragment/],
    ['https://example.com?', /^has a query/],
    ['http://169.254.169.254/latest', /hands out credentials/],
    ['http://0xa9fea9fe', /hands out credentials/],
    ['http://exa mple.com', /is not a URL/],
    [`http://${'a'.repeat(3000)}`, /is not a URL/],
  ],
});

test('a URL whose query may be a credential never shows it', () => {
  const parsed = secretUrl(remoteConfigUrlPolicy).parse('https://example.com/settings/?token=s3cret');
  assert.ok(parsed.kind === 'value');
  assert.equal(parsed.value.reveal(), 'https://example.com/settings/?token=s3cret');
  assert.equal(secretUrl(remoteConfigUrlPolicy).show(parsed.value), 'https://example.com/settings?[redacted]');
});

check({
  name: 'an address to listen on',
  format: listenAddress(''),
  taken: [
    [':8080', { host: '', port: 8080 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
    ['localhost:65535', { host: 'localhost', port: 65535 }],
  ],
  refused: [
    ['8080', /not an address to listen on; write it like :8080/],
    [':65536', /no such port/],
    ['::1:8080', /not an address/],
    ['[::1]', /not an address/],
    ['http://:8080', /not an address/],
    [':http', /not an address/],
    [':-1', /not an address/],
    ['', /not an address/],
  ],
});

check({
  name: 'the name of the cluster',
  format: clusterId(),
  taken: [
    ['prod-eu-1', 'prod-eu-1'],
    ['007', '007'],
    ['Büro 1', 'Büro 1'],
    ['a%2fb', 'a%2fb'],
    ['x'.repeat(253), 'x'.repeat(253)],
  ],
  refused: [
    ['', /is empty/],
    ['a/b', /holds a slash/],
    ['a\\b', /holds a slash/],
    ['..', /is no name/],
    ['a\nb', /control characters/],
    ['a\u0000', /'a\\u\{0\}' holds control characters/],
    ['a\u202eb', /can't be seen/],
    ['a\ud800', /can't be seen/],
    ['é'.repeat(127), /longer than 253 bytes/],
  ],
});

check({
  name: 'a label that namespaces carry',
  format: labelRequirement(),
  taken: [
    ['managed', { key: 'managed', value: 'true' }],
    ['team=blue', { key: 'team', value: 'blue' }],
    ['example.com/watch', { key: 'example.com/watch', value: 'true' }],
    ['a.b/c_D.e=', { key: 'a.b/c_D.e', value: '' }],
  ],
  refused: [
    ['', /no valid label key/],
    ['=x', /no valid label key/],
    ['a b', /no valid label key/],
    ['a/b/c', /no valid label key/],
    ['/a', /no valid label key/],
    ['A.b/c', /no valid label key/],
    ['a=b=c', /no valid label value/],
    ['a in (b)', /no valid label key/],
    [`a=${'b'.repeat(64)}`, /no valid label value/],
  ],
});

check({
  name: 'a shard',
  format: shard(),
  taken: [
    ['0/2', { index: 0, count: 2 }],
    ['1/2', { index: 1, count: 2 }],
    ['0/1', { index: 0, count: 1 }],
  ],
  refused: [
    ['2/2', /write it like 0\/2/],
    ['0/0', /not a shard/],
    ['-1/2', /not a shard/],
    ['0/65', /not a shard/],
    ['1', /not a shard/],
  ],
});

check({
  name: 'a namespace',
  format: namespaceName(),
  taken: [['kube-system', 'kube-system']],
  refused: [
    ['Kube', /lower case/],
    ['a.b', /no name of a namespace/],
    ['-a', /no name/],
    ['x'.repeat(64), /at most 63/],
  ],
});

check({
  name: 'an object',
  format: objectName(),
  taken: [['ip-10-0-0-1.ec2.internal', 'ip-10-0-0-1.ec2.internal']],
  refused: [
    ['a..b', /no name of an object/],
    [`${'a.'.repeat(127)}a`, /at most 253/],
  ],
});

check({
  name: 'a whole number',
  format: whole({ min: 1, max: 1000 }),
  taken: [
    ['1', 1],
    ['1000', 1000],
  ],
  refused: [
    ['0', /out of range; choose from 1 to 1000/],
    ['1001', /out of range/],
    ['-1', /out of range/],
    ['1.5', /not a whole number/],
    ['0x10', /not a whole number/],
    ['1e2', /not a whole number/],
    ['9'.repeat(400), /not a whole number/],
  ],
});

check({
  name: 'a number',
  format: decimal({ min: 0, max: 100 }),
  taken: [
    ['0', 0],
    ['0.5', 0.5],
  ],
  refused: [
    ['NaN', /not a number/],
    ['1,5', /not a number/],
  ],
});

check({
  name: 'a truth',
  format: truth(),
  taken: [
    ['true', true],
    ['FALSE', false],
    ['yes', true],
    ['off', false],
    ['0', false],
  ],
  refused: [
    ['', /neither true nor false/],
    ['maybe', /neither true nor false/],
  ],
});

check({
  name: 'a list',
  format: list('REASON,...', 'a-problem'),
  taken: [
    ['Failed', ['Failed']],
    [' Failed , Evicted,,Failed', ['Failed', 'Evicted']],
  ],
  refused: [
    ['', /names nothing; give at least one REASON/],
    [',,', /names nothing/],
  ],
});

check({
  name: 'an optional value',
  format: optional(whole({ min: 0, max: 1 })),
  taken: [
    ['', undefined],
    ['1', 1],
  ],
  refused: [['2', /out of range/]],
});
