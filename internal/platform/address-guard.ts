/**
 * Which network addresses the agent may connect to when a setting names the host: not those where clouds keep the
 * credentials of machines, nor any link-local, unspecified or multicast one, in whatever notation. Loopback and private
 * addresses are allowed, since planes live there.
 *
 * Every range is also refused where it is wrapped in an IPv6 address: as ::ffff:a.b.c.d (node:net's BlockList unwraps it),
 * behind the NAT64 prefix (RFC 6052) and as an IPv4-translated address (RFC 2765). IPv4-compatible addresses (::/96,
 * RFC 4291) are refused whole.
 */
import { BlockList, isIP } from 'node:net';

export type AddressRefusal =
  'metadata-address' | 'link-local-address' | 'unspecified-address' | 'multicast-address' | 'loopback-address';

type Range = readonly [network: string, prefix: number];

/** Where credentials are served: AWS, GCP and Azure; Azure's wire server; Alibaba; Oracle; over IPv6 AWS, its pods, GCP. */
const METADATA: readonly Range[] = [
  ['169.254.169.254', 32],
  ['168.63.129.16', 32],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['fd00:ec2::254', 128],
  ['fd00:ec2::23', 128],
  ['fd20:ce::254', 128],
];

/** What stands before an IPv4 address within an IPv6 one: NAT64, IPv4-translated. */
const WRAPPERS = ['64:ff9b::', '::ffff:0:'];

const refused: readonly (readonly [AddressRefusal, BlockList])[] = [
  ['metadata-address', blockList(METADATA)],
  [
    'link-local-address',
    blockList([
      ['169.254.0.0', 16],
      ['fe80::', 10],
    ]),
  ],
  [
    'unspecified-address',
    blockList([
      ['0.0.0.0', 8],
      ['::', 96],
    ]),
  ],
  [
    'multicast-address',
    blockList([
      ['224.0.0.0', 3],
      ['ff00::', 8],
    ]),
  ],
];

const loopback = blockList([
  ['127.0.0.0', 8],
  ['::1', 128],
]);

function blockList(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) {
    if (isIP(network) === 6) {
      list.addSubnet(network, prefix, 'ipv6');
      continue;
    }
    list.addSubnet(network, prefix, 'ipv4');
    for (const wrapper of WRAPPERS) list.addSubnet(`${wrapper}${network}`, 96 + prefix, 'ipv6');
  }
  return list;
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** True of a loopback address. `address` is an IP address without brackets. */
export function isLoopbackAddress(address: string): boolean {
  return isIP(address) !== 0 && isIn(loopback, address);
}

/** Why no connection may be made to this IP address (without brackets, a zone is ignored); undefined where one may. */
export function refusedAddress(address: string, allowsLoopback = true): AddressRefusal | undefined {
  const plain = address.split('%', 1)[0] ?? '';
  if (isIP(plain) === 0) return 'unspecified-address';
  if (isIn(loopback, plain)) return allowsLoopback ? undefined : 'loopback-address';
  return refused.find(([, list]) => isIn(list, plain))?.[0];
}
