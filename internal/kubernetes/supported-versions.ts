/**
 * Which versions of Kubernetes the agent is tested with, and what that says of the one an API server names. Pure.
 *
 * What the agent uses (core/v1, coordination.k8s.io/v1, authorization.k8s.io/v1) is stable since long before the oldest of
 * them, so no version is refused: this decides what an operator is told, and nothing else. Which tests ran on which
 * version: docs/operations/versions.md.
 */

/** Minor versions whose real API server the tests run on, in order; those in between are supported as well. */
export const testedKubernetes = ['1.33', '1.36'] as const;

/** `unknown`: the server names no version that could be read. */
export type VersionSupport = 'supported' | 'older-than-supported' | 'newer-than-tested' | 'unknown';

/** The oldest and the newest of them. */
export const oldestKubernetes: string = testedKubernetes[0];
export const newestKubernetes: string = testedKubernetes[testedKubernetes.length - 1] ?? oldestKubernetes;

/** Of a `gitVersion` as in GET /version: v1.33.5, v1.33.5-eks-3025e55, v1.34.1+k3s1. */
export function supportOf(gitVersion: string | undefined): VersionSupport {
  const minor = minorOf(gitVersion);
  if (minor === undefined) return 'unknown';
  if (minor < (minorOf(oldestKubernetes) ?? 0)) return 'older-than-supported';
  return minor > (minorOf(newestKubernetes) ?? 0) ? 'newer-than-tested' : 'supported';
}

/** A number that orders minors of all majors; undefined where there is none. */
function minorOf(version: string | undefined): number | undefined {
  const [, major, minor] = /^v?(\d{1,3})\.(\d{1,4})(?!\d)/.exec(version ?? '') ?? [];
  return major === undefined || minor === undefined ? undefined : Number(major) * 10_000 + Number(minor);
}
