// The table of what a test cluster is made of: Go projects, the binaries taken from each, and how they are built.
//
// Versions stand in one place only, the committed go.mod of each project under binaries/. A further minor version of
// Kubernetes is a further folder, kubernetes-<minor>; of one that its go.mod names as the only tool, the API server alone
// is built, and kubectl is the usual minor's. A project's cache folder is named by a hash over everything that
// decides what comes out (go.mod, go.sum, flags, platform), so a stale binary is never mistaken for a fresh one.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The minor that everything is built of: controllers, node, kubectl. */
export const USUAL_KUBERNETES = '1.36';

const BINARIES_DIR = path.join(import.meta.dirname, 'binaries');

/** What an API server alone needs. */
export const API_BINARIES = ['etcd', 'kube-apiserver', 'kubectl'] as const;
/** What runs controllers and schedules pods. */
export const CONTROLLER_BINARIES = ['kube-controller-manager', 'kube-scheduler'] as const;
/** What runs containers on a node. */
export const NODE_BINARIES = [
  'kubelet',
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'bridge',
  'host-local',
  'loopback',
] as const;
/** What installs into a cluster; needs none to render. */
export const INSTALL_BINARIES = ['helm'] as const;
/** What reads metrics and alert rules as Prometheus does. */
export const METRICS_BINARIES = ['promtool'] as const;

/** A binary by the name of its file. */
export type BinaryName =
  | (typeof API_BINARIES)[number]
  | (typeof CONTROLLER_BINARIES)[number]
  | (typeof NODE_BINARIES)[number]
  | (typeof INSTALL_BINARIES)[number]
  | (typeof METRICS_BINARIES)[number];

const KUBERNETES = 'k8s.io/kubernetes/cmd';
const KUBERNETES_BINARIES = ['kube-apiserver', 'kubectl', ...CONTROLLER_BINARIES, 'kubelet'] as const;

/** One Go module under binaries/, and what is built from it. */
export interface Project {
  /** Name of the folder under binaries/. */
  readonly name: string;
  readonly dir: string;
  /** The release that its go.mod asks for, as v1.36.3. */
  readonly version: string;
  /** Package path of each binary's main. */
  readonly packages: Readonly<Partial<Record<BinaryName, string>>>;
  /** Arguments of `go build`, apart from -o and the package. */
  readonly flags: readonly string[];
  /** Name of its folder in the cache. */
  readonly cacheName: string;
}

interface ProjectSpec {
  readonly name: string;
  readonly module: string;
  readonly packages: Readonly<Partial<Record<BinaryName, string>>>;
  readonly tags?: string;
  readonly linkerVariables?: (version: string) => Record<string, string>;
}

/** Without these a client would read v0.0.0 and switch features off. */
function kubernetesVariables(version: string): Record<string, string> {
  const [major = '', minor = ''] = version.slice(1).split('.');
  const fields = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const homes = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  return Object.fromEntries(
    homes.flatMap((home) => Object.entries(fields).map(([field, value]) => [`${home}.${field}`, value])),
  );
}

/** Without the latter it renders for Kubernetes 1.20. */
function helmVariables(helm: string, version: string, kubernetesMinor: string): Record<string, string> {
  const [major = '', minor = ''] = kubernetesMinor.split('.');
  const home = `${helm}/pkg/chartutil`;
  return {
    [`${helm}/internal/version.version`]: version,
    [`${home}.k8sVersionMajor`]: major,
    [`${home}.k8sVersionMinor`]: minor,
  };
}

function kubernetesSpec(minor: string, names: readonly BinaryName[]): ProjectSpec {
  return {
    name: `kubernetes-${minor}`,
    module: 'k8s.io/kubernetes',
    packages: Object.fromEntries(names.map((name) => [name, `${KUBERNETES}/${name}`])),
    linkerVariables: kubernetesVariables,
  };
}

/** A minor with an API server only lends its kubectl from the usual one; controllers of another minor it never gets. */
function kubernetesSpecs(minor: string): ProjectSpec[] {
  const goMod = readFileSync(path.join(BINARIES_DIR, `kubernetes-${minor}`, 'go.mod'), 'utf8');
  const built = KUBERNETES_BINARIES.filter((name) => goMod.includes(`${KUBERNETES}/${name}\n`));
  const own = kubernetesSpec(minor, built);
  return built.includes('kubectl') ? [own] : [own, kubernetesSpec(USUAL_KUBERNETES, ['kubectl'])];
}

function specs(kubernetesMinor: string): ProjectSpec[] {
  const containerd = 'github.com/containerd/containerd/v2';
  const plugins = 'github.com/containernetworking/plugins';
  const helm = 'helm.sh/helm/v3';
  const prometheus = 'github.com/prometheus/prometheus';
  return [
    ...kubernetesSpecs(kubernetesMinor),
    { name: 'etcd-3.6', module: 'go.etcd.io/etcd/server/v3', packages: { etcd: 'go.etcd.io/etcd/server/v3' } },
    {
      name: 'containerd-2.2',
      module: containerd,
      packages: {
        containerd: `${containerd}/cmd/containerd`,
        'containerd-shim-runc-v2': `${containerd}/cmd/containerd-shim-runc-v2`,
        ctr: `${containerd}/cmd/ctr`,
      },
      tags: 'no_btrfs,no_devmapper,no_zfs,no_aufs',
      linkerVariables: (version) => ({ [`${containerd}/version.Version`]: version }),
    },
    {
      name: 'cni-1.9',
      module: plugins,
      packages: {
        bridge: `${plugins}/plugins/main/bridge`,
        'host-local': `${plugins}/plugins/ipam/host-local`,
        loopback: `${plugins}/plugins/main/loopback`,
      },
    },
    {
      name: 'helm-3.22',
      module: helm,
      packages: { helm: `${helm}/cmd/helm` },
      linkerVariables: (version) => helmVariables(helm, version, kubernetesMinor),
    },
    {
      name: 'prometheus-3.15',
      module: prometheus,
      packages: { promtool: `${prometheus}/cmd/promtool` },
      // It checks files; the clients of two dozen clouds, of which scrapes are discovered, stay out.
      tags: 'remove_all_sd',
      linkerVariables: (version) => ({ 'github.com/prometheus/common/version.Version': version }),
    },
  ];
}

function requiredVersion(goMod: string, module: string): string {
  const line = goMod.split('\n').find((text) => text.replace('require', '').trim().startsWith(`${module} v`));
  const version = line?.split(module)[1]?.trim().split(' ')[0];
  if (version === undefined) throw new Error(`go.mod does not require ${module}`);
  return version;
}

function goFlags(spec: ProjectSpec, version: string): string[] {
  const variables = Object.entries(spec.linkerVariables?.(version) ?? {});
  const ldflags = ['-s', '-w', ...variables.map(([name, value]) => `-X ${name}=${value}`)].join(' ');
  const tags = spec.tags === undefined ? [] : ['-tags', spec.tags];
  return ['-trimpath', '-buildvcs=false', ...tags, '-ldflags', ldflags];
}

function readProject(spec: ProjectSpec): Project {
  const dir = path.join(BINARIES_DIR, spec.name);
  const goMod = readFileSync(path.join(dir, 'go.mod'), 'utf8');
  const version = requiredVersion(goMod, spec.module);
  const flags = goFlags(spec, version);
  const goSum = readFileSync(path.join(dir, 'go.sum'), 'utf8');
  const inputs = [goMod, goSum, ...flags, process.platform, process.arch].join('\0');
  const hash = createHash('sha256').update(inputs).digest('hex').slice(0, 12);
  return { name: spec.name, dir, version, packages: spec.packages, flags, cacheName: `${spec.name}-${hash}` };
}

/** True where this minor version ("1.36") has a folder under binaries/. */
export function hasKubernetes(minor: string): boolean {
  return /^\d+\.\d+$/.test(minor) && existsSync(path.join(BINARIES_DIR, `kubernetes-${minor}`, 'go.mod'));
}

/** The minor versions that have a folder, in order ("1.9" before "1.36"). */
export function kubernetesMinors(): string[] {
  const folders = readdirSync(BINARIES_DIR).flatMap((name) => /^kubernetes-(.*)$/.exec(name)?.[1] ?? []);
  return folders.filter(hasKubernetes).sort((one, other) => Number(one.slice(2)) - Number(other.slice(2)));
}

/** All projects, with this minor version of Kubernetes ("1.36"). Throws where binaries/ has no folder for it. */
export function readProjects(kubernetesMinor: string): Project[] {
  return specs(kubernetesMinor).map(readProject);
}

/** The names of a project's binaries. */
export function binariesOf(project: Project): BinaryName[] {
  return Object.keys(project.packages) as BinaryName[];
}
