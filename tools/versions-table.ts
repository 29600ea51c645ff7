/**
 * Which versions of Kubernetes and of the plane the agent is supported with, each with the tests that ran it, for
 * docs/operations/versions.md. One table; a test sees to it that each file is there and names what it is listed for, and
 * that no tested version is left out. The releases are those that the tests build or install.
 */
import { readFileSync } from 'node:fs';
import { newestKubernetes, oldestKubernetes } from '../internal/kubernetes/supported-versions.ts';
import { readProjects } from '../test/cluster/projects.ts';

/** The oldest release of the Restate server that passes the contract tests; .github/workflows/ci.yml runs them on it. */
export const oldestRestate = '1.7.4';

export interface SupportedVersion {
  readonly version: string;
  readonly isSupported: boolean;
  /** What was run, and what differs. */
  readonly says: string;
  /** Files that ran it, and words by which each names it. */
  readonly tests: readonly { readonly file: string; readonly names: string }[];
}

const integration = (file: string): string => `test/integration/${file}.test.ts`;
const contract = (file: string): string => `test/contract/${file}.test.ts`;

function minor(version: string, says: string, chart: SupportedVersion['tests'][number]): SupportedVersion {
  const names = `'${version}'`;
  const tests = [integration(`versions-${version}`), contract('apiserver.contract')].map((file) => ({ file, names }));
  return { version, isSupported: true, says: `${releaseOf(version)}: ${says}`, tests: [...tests, chart] };
}

function releaseOf(version: string): string {
  return readProjects(version).find(({ name }) => name === `kubernetes-${version}`)?.version ?? '';
}

/** Newest first. */
export function kubernetesVersions(): readonly SupportedVersion[] {
  const outside = (names: string) => [{ file: integration('versions'), names }];
  return [
    {
      version: `newer than ${newestKubernetes}`,
      isSupported: true,
      says: 'works as far as was known at the release: what the agent uses is stable. `watcher check` says that it is newer than what was tested',
      tests: outside("'v1.99.0'"),
    },
    minor(
      '1.36',
      'API server, controllers, scheduler and kubelet; all other tests on a real cluster run on it. Lists are streamed',
      { file: integration('chart'), names: 'startCluster()' },
    ),
    minor('1.33', 'API server. It has streamed lists off: the agent asks once, is refused, and lists in pages', {
      file: integration('chart-1.33'),
      names: 'oldestKubernetes',
    }),
    {
      version: `older than ${oldestKubernetes}`,
      isSupported: false,
      says: 'not tested. An agent starts, warns once with `KUBERNETES_TOO_OLD`, and does its work as far as the API server allows; `watcher check` says degraded',
      tests: outside("'v1.28.4'"),
    },
  ];
}

/** The release of the Restate server that comes with the packages. */
export function installedRestate(): string {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Readonly<Record<string, { readonly version?: string }>>;
  };
  return packages['node_modules/@restatedev/restate-server']?.version ?? '';
}

/** The Restate server first, then what runs behind it. */
export function planeVersions(): readonly SupportedVersion[] {
  const of = (file: string, names: string) => ({ file: contract(file), names });
  const real = 'the real Restate server';
  return [
    {
      version: `Restate server ${oldestRestate} to ${installedRestate()}`,
      isSupported: true,
      says: 'calls, sends, keys of idempotency, every kind of error, limits. The newest with every run of the tests, the oldest with every change of the project',
      tests: [of('restate-ingress', real), of('restate-agent', real), of('restate-plane', real)],
    },
    {
      version: `Restate server before ${oldestRestate}`,
      isSupported: false,
      says: "it does not say whether an error is the handler's or its own (`x-restate-error-source`), so the key of an error it remembers is sent again and again. Measured on 1.6.2 and 1.7.2: events arrive as long as no handler fails. 1.6 lacks the paths of `--restate-path-prefix=/restate/call` as well",
      tests: [{ file: 'test/contract/restate-ingress-cases.ts', names: 'is told from one of the ingress' }],
    },
    {
      version: 'the reference plane of this release (cmd/plane)',
      isSupported: true,
      says: 'everything',
      tests: [of('restate-plane', 'the reference plane'), of('restate-plane-offer', 'the reference plane')],
    },
    {
      version: 'a plane with no more than `Enroll`, `Get`, `onPodEvent` and `onPodEvents`',
      isSupported: true,
      says: 'what the agent before this one called. See below for what is missing then',
      tests: [of('restate-plane-minimal', 'a plane without what was added since')],
    },
  ];
}

function renderVersions(rows: readonly SupportedVersion[]): string {
  const lines = rows.map(({ version, isSupported, says, tests }) => {
    const files = tests.map(({ file }) => `\`${file}\``).join(', ');
    return `| ${version} | ${isSupported ? 'yes' : 'no'} | ${says} | ${files} |`;
  });
  return ['| version | supported | what was run | by |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

/** Parts of documents, by name. */
export const versionSections: Readonly<Record<string, () => string>> = {
  'kubernetes-versions': () => renderVersions(kubernetesVersions()),
  'plane-versions': () => renderVersions(planeVersions()),
};
