/**
 * Kubeconfig files as kubectl writes them, with the certificates and tokens inline.
 */
import { writeFileSync } from 'node:fs';
import type { KeyAndCertificate } from './x509.ts';

export interface KubeconfigWishes {
  readonly url: string;
  /** '' for plain HTTP. */
  readonly caPem: string;
  readonly context: string;
  readonly user: string;
  readonly token?: string;
  readonly certificate?: KeyAndCertificate;
  /** The context's namespace; none where absent. */
  readonly namespace?: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** YAML. */
export function kubeconfigText(wishes: KubeconfigWishes): string {
  const { url, caPem, context, user, token, certificate, namespace } = wishes;
  const lines = [
    'apiVersion: v1',
    'kind: Config',
    `current-context: ${context}`,
    'clusters:',
    `- name: ${context}`,
    '  cluster:',
    `    server: ${url}`,
    ...(caPem === '' ? [] : [`    certificate-authority-data: ${base64(caPem)}`]),
    'contexts:',
    `- name: ${context}`,
    '  context:',
    `    cluster: ${context}`,
    `    user: ${user}`,
    ...(namespace === undefined ? [] : [`    namespace: ${namespace}`]),
    'users:',
    `- name: ${user}`,
    '  user:',
    ...(token === undefined ? [] : [`    token: ${token}`]),
    ...(certificate === undefined
      ? []
      : [
          `    client-certificate-data: ${base64(certificate.certificatePem)}`,
          `    client-key-data: ${base64(certificate.keyPem)}`,
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Readable by its owner only, as it holds credentials. Returns the path. */
export function writeKubeconfig(path: string, wishes: KubeconfigWishes): string {
  writeFileSync(path, kubeconfigText(wishes), { mode: 0o600 });
  return path;
}
