// The agent calls http and https URLs of real hosts, and never the services that hand out a machine's credentials,
// however their address is written and whatever a name resolves to when it connects.
import assert from 'node:assert/strict';
import type { LookupAddress, lookup as systemLookup } from 'node:dns';
import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../../../internal/platform/errors.ts';
import { isLoopbackAddress, refusedAddress } from '../../../internal/platform/address-guard.ts';
import {
  checkUrl,
  guardedLookup,
  isClusterLocal,
  isLoopback,
  planeUrlPolicy,
  remoteConfigUrlPolicy,
  shownUrl,
} from '../../../internal/platform/url-guard.ts';

const noLoopback = { allowsQuery: true, allowsLoopback: false };

function verdictOf(text: string, policy = planeUrlPolicy): string {
  const verdict = checkUrl(text, policy);
  return verdict.kind === 'allowed' ? 'allowed' : verdict.reason;
}

describe('a URL', () => {
  const verdicts: [text: string, verdict: string][] = [
    ['https://restate.example.com', 'allowed'],
    ['http://localhost:8080', 'allowed'],
    ['http://127.1:8080', 'allowed'],
    ['http://[::1]:8080', 'allowed'],
    ['http://10.0.0.1', 'allowed'],
    ['http://restate.plane.svc', 'allowed'],
    ['', 'not-a-url'],
    ['//example.com', 'not-a-url'],
    ['http://', 'not-a-url'],
    ['http://a b', 'not-a-url'],
    ['http://a\n.example.com', 'not-a-url'],
    ['http://a\u202e.example.com', 'not-a-url'],
    ['http://256.256.256.256', 'not-a-url'],
    ['http://a:99999', 'not-a-url'],
    ['localhost:8080', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['data:text/plain,x', 'scheme'],
    ['javascript:alert(1)', 'scheme'],
    ['ftp://example.com', 'scheme'],
    ['unix:///run/x.sock', 'scheme'],
    ['http://user@example.com', 'userinfo'],
    ['http://:secret@example.com', 'userinfo'],
    ['http://example.com/?a', 'query'],
    ['http://example.com#', 'fragment'],
    ['http://example.com:0', 'port'],
    ['http://169.254.169.254/latest/meta-data', 'metadata-address'],
    ['http://2852039166', 'metadata-address'],
    ['http://0xa9fea9fe', 'metadata-address'],
    ['http://0xa9.0xfe.0xa9.0xfe', 'metadata-address'],
    ['http://0251.0376.0251.0376', 'metadata-address'],
    ['http://169.254.43518', 'metadata-address'],
    ['http://169.254.169.254.', 'metadata-address'],
    ['http://[::ffff:169.254.169.254]', 'metadata-address'],
    ['http://[0:0:0:0:0:ffff:a9fe:a9fe]', 'metadata-address'],
    ['http://[64:ff9b::a9fe:a9fe]', 'metadata-address'],
    ['http://[fd00:ec2::254]', 'metadata-address'],
    ['http://[fd00:ec2::23]/v1/credentials', 'metadata-address'],
    ['http://[fd20:ce::254]', 'metadata-address'],
    ['http://192.0.0.192', 'metadata-address'],
    ['http://169.254.170.23/v1/credentials', 'link-local-address'],
    ['http://[64:ff9b::169.254.170.2]', 'link-local-address'],
    ['http://metadata', 'metadata-name'],
    ['http://instance-data.ec2.internal', 'metadata-name'],
    ['http://169｡254｡169｡254', 'metadata-address'],
    ['http://①⑥⑨.254.169.254', 'metadata-address'],
    ['http://100.100.100.200', 'metadata-address'],
    ['http://168.63.129.16', 'metadata-address'],
    ['http://metadata.google.internal', 'metadata-name'],
    ['http://METADATA.google.internal./', 'metadata-name'],
    ['http://169.254.170.2', 'link-local-address'],
    ['http://[fe80::1]', 'link-local-address'],
    ['http://0.0.0.0:8080', 'unspecified-address'],
    ['http://0', 'unspecified-address'],
    ['http://[::]', 'unspecified-address'],
    ['http://224.0.0.1', 'multicast-address'],
    ['http://255.255.255.255', 'multicast-address'],
    ['http://[ff02::1]', 'multicast-address'],
  ];
  for (const [text, verdict] of verdicts) {
    test(`${JSON.stringify(text)} is ${verdict}`, () => assert.equal(verdictOf(text), verdict));
  }

  test('may have a query where the policy says so', () => {
    assert.equal(verdictOf('https://example.com/?a=b', remoteConfigUrlPolicy), 'allowed');
  });

  for (const text of [
    'http://localhost',
    'http://a.localhost',
    'http://0x7f.1',
    'http://2130706433',
    'http://[::ffff:7f00:1]',
  ]) {
    test(`${text} is loopback, and refused where the policy says so`, () => {
      assert.ok(isLoopback(new URL(text)));
      assert.equal(verdictOf(text, noLoopback), 'loopback-address');
    });
  }

  test('of the cluster is one of its own names, not one that looks like it', () => {
    const own = ['http://restate', 'http://a.b.svc', 'http://a.b.svc.cluster.local', 'http://a.b.svc.'];
    const others = [
      'http://example.com',
      'http://a.svc.example.com',
      'http://10.0.0.1',
      'http://[::1]',
      'http://svc.io',
    ];
    for (const text of own) assert.ok(isClusterLocal(new URL(text)), text);
    for (const text of others) assert.ok(!isClusterLocal(new URL(text)), text);
  });

  test('is shown without what may be a credential', () => {
    assert.equal(shownUrl(new URL('https://u:p@example.com:8443/a/?t=s#f')), 'https://example.com:8443/a?[redacted]');
    assert.equal(shownUrl(new URL('http://a/')), 'http://a');
  });

  test('of any text is judged, never thrown on', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.webUrl()), (text) => typeof verdictOf(text) === 'string'));
  });
});

describe('an address', () => {
  test('that is refused is refused in every wrapping IPv6 has for it', () => {
    const refused = fc.tuple(fc.constantFrom('169.254', '0.1', '224.3', '250.0'), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(refused, ([start, third, fourth]) => {
        const address = `${start}.${third}.${fourth}`;
        const wrapped = [address, `::ffff:${address}`, `64:ff9b::${address}`, `::ffff:0:${address}`, `::${address}`];
        return wrapped.every((one) => one === '::0.0.0.1' || refusedAddress(one) !== undefined);
      }),
    );
  });

  test('that is public or private is allowed', () => {
    for (const address of [
      '8.8.8.8',
      '10.1.2.3',
      '192.168.1.1',
      '172.16.0.1',
      '2001:db8::1',
      'fd12::1',
      '64:ff9b::808:808',
    ]) {
      assert.equal(refusedAddress(address), undefined, address);
    }
  });

  test('that is none is refused', () => assert.equal(refusedAddress('example.com'), 'unspecified-address'));

  test('with a zone is judged without it', () => assert.equal(refusedAddress('fe80::1%eth0'), 'link-local-address'));

  test('of loopback is any of 127.0.0.0/8 and ::1', () => {
    assert.ok(isLoopbackAddress('127.8.9.10') && isLoopbackAddress('::1') && !isLoopbackAddress('128.0.0.1'));
    assert.ok(!isLoopbackAddress('localhost'));
  });
});

describe('a connection', () => {
  let server: Server;
  before(async () => {
    server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => new Promise((resolve) => server.close(resolve)));

  /** The status of a request to the server by a name that resolves to `addresses`. */
  function statusBy(addresses: readonly LookupAddress[], policy = planeUrlPolicy): Promise<number | undefined> {
    const resolver = (
      _name: string,
      _options: unknown,
      callback: (error: null, found: LookupAddress[]) => void,
    ): void => callback(null, [...addresses]);
    const { port } = server.address() as AddressInfo;
    const lookup = guardedLookup(policy, resolver as unknown as typeof systemLookup);
    return new Promise((resolve, reject) => {
      get({ host: 'plane.example.com', port, lookup, agent: false }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      }).on('error', reject);
    });
  }

  const loopback = { address: '127.0.0.1', family: 4 };
  const metadata = { address: '169.254.169.254', family: 4 };
  const refused = (error: unknown): boolean => error instanceof CodedError && error.code === 'URL_REFUSED';

  test('is made to an address that may be called', async () => assert.equal(await statusBy([loopback]), 200));

  test('is refused when the name has come to mean a metadata service', async () => {
    await assert.rejects(statusBy([metadata]), refused);
    await assert.rejects(statusBy([{ address: '::ffff:a9fe:a9fe', family: 6 }]), refused);
  });

  test('is refused when one of several addresses may not be called', async () => {
    await assert.rejects(statusBy([loopback, metadata]), refused);
  });

  test('is refused to loopback where the policy says so', async () => {
    await assert.rejects(statusBy([loopback], noLoopback), refused);
  });

  test('fails where the name has no address', async () => {
    await assert.rejects(statusBy([]), { code: 'ENOTFOUND' });
  });
});
