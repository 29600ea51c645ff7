/**
 * ConnectionTarget: one API server and how to be known to it, whichever source said so (kubeconfig or the pod's own
 * service account). Data; connection.ts makes a connection of it.
 */
import type { ReadCredentials } from './credentials.ts';

export interface ConnectionTarget {
  /** http or https; a path is a prefix of every request's. */
  readonly server: URL;
  /** proxy-url of the kubeconfig. */
  readonly proxyUrl: string | undefined;
  /** The namespace of the context or of the pod; undefined where none is named. */
  readonly namespace: string | undefined;
  readonly source: 'kubeconfig' | 'in-cluster';
  readonly context: string | undefined;
  /** For the log: `token`, `client-certificate`, `exec aws`, ... Never a secret. */
  readonly authMethod: string;
  /** What was understood but is not done, for the log. */
  readonly warnings: readonly string[];
  readonly readCredentials: ReadCredentials;
}
