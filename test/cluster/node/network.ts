// The network of one node: a bridge with a subnet of its own, so that several nodes run side by side.
//
// The bridge is made before the kubelet, which then takes the bridge's address for its own: the kubelet, open to everyone
// who reaches it, is thereby reached from this machine and its pods only; and a machine without any network will do.
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { networkInterfaces } from 'node:os';

/** A pod network. */
export interface PodNetwork {
  readonly bridge: string;
  /** Address of the bridge: the node's own. */
  readonly gateway: string;
  /** In CIDR notation. */
  readonly subnet: string;
}

function addressesInUse(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((one) => one.address));
}

/** Picks a subnet in 10.128.0.0/9 that no interface has; service addresses (10.0.0.0/24) lie outside of it. */
export function choosePodNetwork(id: string, inUse: readonly string[] = addressesInUse()): PodNetwork {
  for (;;) {
    const prefix = `10.${randomInt(128, 256)}.${randomInt(0, 256)}`;
    if (inUse.some((address) => address.startsWith(`${prefix}.`))) continue;
    return { bridge: `wtc${id}`, gateway: `${prefix}.1`, subnet: `${prefix}.0/24` };
  }
}

/** Addresses of Services that no interface has, in 10.64.0.0/10; the API server takes the first for itself. */
export function chooseServiceNetwork(inUse: readonly string[] = addressesInUse()): { range: string; first: string } {
  for (;;) {
    const prefix = `10.${randomInt(64, 128)}.${randomInt(0, 256)}`;
    if (inUse.some((address) => address.startsWith(`${prefix}.`))) continue;
    return { range: `${prefix}.0/24`, first: `${prefix}.1` };
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/**
 * Makes the bridge and brings it up. Its hardware address is set, or it would be the lowest of those of its pods, and change
 * when they come and go: the others' ARP entries would be wrong for half a minute (measured).
 */
export function createBridge(network: PodNetwork): void {
  const octets = network.gateway.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
  ip('link', 'add', network.bridge, 'address', ['0a', '58', ...octets].join(':'), 'type', 'bridge');
  ip('address', 'add', `${network.gateway}/24`, 'dev', network.bridge);
  ip('link', 'set', network.bridge, 'up');
}

/** One more address that pods reach this machine by; it goes with the bridge. */
export function addAddress({ bridge }: PodNetwork, address: string): void {
  ip('address', 'add', `${address}/32`, 'dev', bridge);
}

/** Removes the bridge; nothing where it isn't there. */
export function removeBridge(bridge: string): void {
  if (networkInterfaceExists(bridge)) ip('link', 'delete', bridge);
}

function networkInterfaceExists(name: string): boolean {
  try {
    ip('link', 'show', 'dev', name);
    return true;
  } catch {
    return false;
  }
}

/** The CNI configuration (one conflist) of this network. */
export function cniConfig(network: PodNetwork, dataDir: string): object {
  return {
    cniVersion: '1.0.0',
    name: network.bridge,
    plugins: [
      {
        type: 'bridge',
        bridge: network.bridge,
        isGateway: true,
        ipMasq: false,
        ipam: {
          type: 'host-local',
          dataDir,
          ranges: [[{ subnet: network.subnet, gateway: network.gateway }]],
          // By the gateway pods reach every address of this machine.
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  };
}
