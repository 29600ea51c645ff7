/**
 * The pods that decoding is measured on: those of a real cluster (test/corpus/pods-1.36) and synthetic ones in two sizes,
 * each many times over under names, uids, versions and container ids of its own, so that no cache knows more than it would
 * in a cluster.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { syntheticPod, type SyntheticSize } from '../../support/simulated-apiserver/synthetic-pod.ts';
import { encodeWholePod } from '../../support/whole-pod-protobuf.ts';

export const podSets = ['real web', 'real agent', 'real broken', 'lean', 'large'] as const;
export type PodSetName = (typeof podSets)[number];

export interface PodSet {
  /** JSON as the API server writes it, as text and as bytes. */
  readonly texts: readonly string[];
  readonly json: readonly Buffer[];
  /** Messages without an envelope. */
  readonly protobuf: readonly Buffer[];
}

const corpus = new URL('../../corpus/pods-1.36/', import.meta.url);

export function makePodSet(name: PodSetName, count: number): PodSet {
  const pods = Array.from({ length: count }, (_nothing, index) => podOf(name, index));
  const texts = pods.map((pod) => JSON.stringify(pod));
  return { texts, json: texts.map((text) => Buffer.from(text)), protobuf: pods.map(encodeWholePod) };
}

function podOf(name: PodSetName, index: number): object {
  if (!name.startsWith('real ')) {
    const pod = syntheticPod(index, { size: name as SyntheticSize, namespaces: 20, podsPerNode: 100 });
    return { kind: 'Pod', apiVersion: 'v1', ...pod };
  }
  const recorded = readFileSync(new URL(`${name.slice('real '.length)}.json`, corpus), 'utf8');
  return another(recorded, index);
}

/** The same pod under another name. */
function another(recorded: string, index: number): object {
  const { metadata } = JSON.parse(recorded) as { metadata: { name: string; uid: string; resourceVersion: string } };
  const hash = createHash('sha256').update(`${metadata.uid} ${index}`).digest('hex');
  const text = recorded
    .replaceAll(metadata.name, `${metadata.name.slice(0, -5)}${hash.slice(0, 5)}`)
    .replaceAll(metadata.uid, `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4000-8000-${hash.slice(12, 24)}`)
    .replaceAll(`"resourceVersion":"${metadata.resourceVersion}"`, `"resourceVersion":"${100_000 + index}"`)
    .replaceAll(/containerd:\/\/[0-9a-f]{60}/g, `containerd://${hash.slice(0, 60)}`);
  return JSON.parse(text) as object;
}
