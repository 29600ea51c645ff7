// What a machine must offer before a node can run on it. Looks only; `npm run cluster -- prepare` is what installs.
import { accessSync, closeSync, constants, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { RUN_MARKER } from '../run-dir.ts';
import { cgroupProblem } from './cgroups.ts';

/** Tools of the system that a node is run with. */
export interface NodeTools {
  readonly runc: string;
  readonly busybox: string;
}

/** The tools, or the first reason why there can be no node here. */
export type NodeRequirements = ({ readonly met: true } & NodeTools) | { readonly met: false; readonly reason: string };

const SYSTEM_DIRS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** Bits of CapEff in proc(5): mounting and control groups; bridges and addresses. */
const CAPABILITIES = { CAP_SYS_ADMIN: 21n, CAP_NET_ADMIN: 12n };

/** A command of the system, or undefined. */
export function findCommand(name: string): string | undefined {
  return SYSTEM_DIRS.map((dir) => path.join(dir, name)).find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function missingCapability(): string | undefined {
  const line = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  const effective = BigInt(`0x${line?.[1] ?? '0'}`);
  return Object.entries(CAPABILITIES).find(([, bit]) => ((effective >> bit) & 1n) === 0n)?.[0];
}

/** True for a kubelet that is not of a test cluster. Ours would take its device plug-ins' socket, whose place is fixed. */
function isForeignKubelet(pid: string): boolean {
  try {
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'kubelet') return false;
    return !readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${RUN_MARKER}=`);
  } catch {
    return false;
  }
}

function hasForeignKubelet(): boolean {
  return readdirSync('/proc').some((entry) => /^\d+$/.test(entry) && isForeignKubelet(entry));
}

function readStart(file: string, bytes: number): Buffer | undefined {
  try {
    const fd = openSync(file, 'r');
    const buffer = Buffer.alloc(bytes);
    const length = readSync(fd, buffer, 0, bytes, 0);
    closeSync(fd);
    return buffer.subarray(0, length);
  } catch {
    return undefined;
  }
}

/** True for a 64-bit ELF program that asks for no interpreter (no PT_INTERP, type 3): it runs in an empty image. */
export function isStaticProgram(file: string): boolean {
  const elf = readStart(file, 4096);
  if (elf === undefined || elf.length < 64 || elf.readUInt32BE(0) !== 0x7f454c46) return false;
  const offset = Number(elf.readBigUInt64LE(32));
  const [size, count] = [elf.readUInt16LE(54), elf.readUInt16LE(56)];
  const headers = Array.from({ length: count }, (_, index) => offset + index * size);
  return headers.every((start) => start + 4 <= elf.length && elf.readUInt32LE(start) !== 3);
}

/** Debian packages that bring what is missing here, of those a node needs. */
export function missingPackages(busybox: string): string[] {
  const wanted: [string, boolean][] = [
    ['runc', findCommand('runc') !== undefined],
    ['busybox-static', isStaticProgram(busybox)],
    ['iproute2', findCommand('ip') !== undefined],
    ['mount', findCommand('umount') !== undefined],
  ];
  return wanted.filter(([, isThere]) => !isThere).map(([name]) => name);
}

function firstProblem(busybox: string): string | undefined {
  if (process.platform !== 'linux') return `a node needs Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'a node needs root';
  const capability = missingCapability();
  if (capability !== undefined) return `a node needs ${capability}`;
  if (hasForeignKubelet()) return 'this machine is itself a node of a Kubernetes cluster';
  const packages = missingPackages(busybox);
  if (packages.length > 0)
    return `not installed: ${packages.join(', ')} (npm run cluster -- prepare installs them on Debian)`;
  return cgroupProblem();
}

/** Whether a node can run here. */
export function nodeRequirements(busybox: string): NodeRequirements {
  const reason = firstProblem(busybox);
  if (reason !== undefined) return { met: false, reason };
  return { met: true, runc: findCommand('runc') ?? 'runc', busybox };
}
