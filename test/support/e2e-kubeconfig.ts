/** Kubeconfig files as the tests want them, right and wrong, in a directory that goes with the test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface KubeconfigParts {
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly user: { readonly token: string } | { readonly tokenFile: string } | { readonly exec: object };
}

export class KubeconfigDir implements Disposable {
  readonly path = mkdtempSync(path.join(tmpdir(), 'watcher-e2e-'));

  /** Writes a file as it is, and returns its path. */
  file(name: string, content: string | Buffer): string {
    const file = path.join(this.path, name);
    writeFileSync(file, content);
    return file;
  }

  /** Writes a kubeconfig with one context, and returns its path. JSON is YAML. */
  kubeconfig({ server, ca, user }: KubeconfigParts): string {
    const cluster = { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'here',
      clusters: [{ name: 'here', cluster }],
      users: [{ name: 'me', user }],
      contexts: [{ name: 'here', context: { cluster: 'here', user: 'me', namespace: 'default' } }],
    };
    return this.file('kubeconfig.yaml', JSON.stringify(config));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
