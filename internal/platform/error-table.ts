/**
 * The one table of error codes (see errors.ts). Sorted by the part that raises them. A code, once released, keeps its
 * meaning: operators write alerts and run-books against it.
 */
import type { ErrorEntry } from './errors.ts';

export const errorTable = {
  CONFIG_INVALID: {
    meaning: 'one or more settings are unknown, missing or out of range',
    remedy:
      'correct the settings named in the message; `watcher --help` lists them, `watcher config print` shows where each comes from',
  },
  URL_REFUSED: {
    meaning: 'a host of the settings resolves to an address the agent never calls, such as a metadata service',
    remedy: 'correct --restate-url or --remote-config-url, or the DNS record of the host named',
  },
  REMOTE_SETTINGS_INVALID: {
    meaning: 'what the plane sent as remote settings is not a JSON object',
    remedy:
      'look at what --remote-config-url or ConfigService answers; the last good settings stay in force and it is read again later',
  },
  LISTEN_FAILED: {
    meaning: 'a listener could not be opened',
    remedy:
      'choose another address with --http-listen or --debug-listen (port 0 takes a free one), or end the process that holds the port',
  },
  KUBECONFIG_MISSING: {
    meaning: 'no way to reach a Kubernetes API server was found, or the kubeconfig named does not exist',
    remedy:
      'give --kubeconfig, or set KUBECONFIG, or run inside a cluster with a service account token mounted (automountServiceAccountToken)',
  },
  KUBECONFIG_INVALID: {
    meaning: 'the kubeconfig cannot be used as it is',
    remedy:
      'correct what the message names; `kubectl config view --minify` with the same --kubeconfig and --context shows what is read',
  },
  CREDENTIALS_FAILED: {
    meaning: 'the credentials for the Kubernetes API server could not be read or obtained',
    remedy:
      'see that the file named exists and is readable by the agent, or run the exec plugin named by hand; the agent tries again by itself',
  },
  PROXY_FAILED: {
    meaning: 'the proxy on the way to the Kubernetes API server refused or failed',
    remedy:
      'check HTTPS_PROXY, NO_PROXY and proxy-url of the kubeconfig; add the API server to NO_PROXY if it needs no proxy',
  },
  API_UNREACHABLE: {
    meaning: 'the Kubernetes API server was not reached, or the connection to it broke',
    remedy:
      'check address, network policy and firewall between the agent and the address named; the agent tries again by itself',
  },
  API_TIMEOUT: {
    meaning: 'the Kubernetes API server gave no answer in time',
    remedy: 'look at the load of the API server and the network on the way; the agent tries again by itself',
  },
  API_TLS: {
    meaning: 'no trusted TLS connection to the Kubernetes API server could be made',
    remedy:
      'compare certificate-authority and tls-server-name of the kubeconfig with the certificate the server shows; renew an expired client certificate',
  },
  API_UNAUTHORIZED: {
    meaning: 'the Kubernetes API server does not accept our credentials (401), also after reading them again',
    remedy:
      'renew the token, certificate or exec plugin login of the kubeconfig; in a cluster, restart the pod if its token mount is broken',
  },
  API_FORBIDDEN: {
    meaning: 'the rights of the agent in the cluster do not allow a request (403)',
    remedy:
      'grant the verb on the resource named to its service account (the roles in deploy/ hold all it needs); it tries again slowly by itself',
  },
  API_REFUSED: {
    meaning: 'the Kubernetes API server refused a request as it is (4xx)',
    remedy:
      'check that the address is that of a Kubernetes API server of a supported version; the message names request and reason',
  },
  API_FAILED: {
    meaning: 'the Kubernetes API server failed at, or put off, a request (5xx, 429)',
    remedy: 'look at the health of the API server and etcd; the agent tries again by itself',
  },
  API_ANSWER_TOO_LARGE: {
    meaning: 'an answer of the Kubernetes API server was larger than the agent reads',
    remedy: 'the message names the request; look for objects of unusual size',
  },
  API_ANSWER_INVALID: {
    meaning: 'an answer of the Kubernetes API server could not be understood',
    remedy: 'check that nothing on the way (a proxy, a login page) answers in its place; the message names the request',
  },
  WATCH_FRAME_INVALID: {
    meaning: 'a list or watch of the API server held bytes that are no event of Kubernetes',
    remedy:
      'check that nothing on the way to the API server changes its answers; the agent asks again by itself, as JSON if it has to',
  },
  WATCH_FRAME_TOO_LARGE: {
    meaning: 'a list or watch of the API server held a single object larger than the agent reads',
    remedy: 'look for objects of unusual size; the API server itself refuses objects over 1.5 MiB by default',
  },
  WATCH_OBJECT_INVALID: {
    meaning: 'an object of a list or watch could not be read or carries no uid',
    remedy: 'the message names the object as far as it is known; the agent asks again by itself, as JSON if it has to',
  },
  WATCH_IDLE: {
    meaning: 'a list or watch brought no byte for too long and was cut',
    remedy:
      'look for a firewall or load balancer that forgets quiet connections; the agent goes on from where it was by itself',
  },
  WATCH_SINK_FAILED: {
    meaning: 'a part of the agent failed at one object of a watch; the others go on',
    remedy: 'please report it with the log lines around it',
  },
  LIST_UNANNOUNCED: {
    meaning: 'the API server did not announce the end of a streamed list',
    remedy: 'nothing: the agent lists in pages from now on',
  },
  OUTBOX_LOCKED: {
    meaning: 'another process holds the outbox in this data directory',
    remedy: 'give each agent its own --data-dir; if no other agent runs, end the process that has the file open',
  },
  OUTBOX_UNUSABLE: {
    meaning: 'the outbox file cannot be opened or written where it is',
    remedy:
      'see that --data-dir is a directory on a local disk which the user of the agent may write; --outbox=memory runs without it',
  },
  OUTBOX_SCHEMA_NEWER: {
    meaning: 'the outbox was written by a newer release of the agent; the file was left as it is',
    remedy: 'run that release or a later one until the outbox is empty, or give this one another --data-dir',
  },
  OUTBOX_NOT_DURABLE: {
    meaning: 'the file system or SQLite does not grant what durability needs (write-ahead log, full synchronisation)',
    remedy: 'put --data-dir on a local file system such as ext4 or xfs, or choose --outbox=memory',
  },
  OUTBOX_FULL: {
    meaning: 'there is no room for the outbox on its device or within its quota; nothing was changed',
    remedy: 'free space on the volume of --data-dir or enlarge it; delivery and appends go on by themselves',
  },
  OUTBOX_BROKEN: {
    meaning: 'reading or writing the outbox failed; nothing of the call was done',
    remedy: 'the agent opens it anew and repairs what it can; if it persists, look at the disk and its kernel messages',
  },
  OUTBOX_CLOSED: {
    meaning: 'the outbox was used after it had been closed',
    remedy: 'nothing is lost; if this is not during a shutdown, please report it',
  },
  OUTBOX_BATCH_UNKNOWN: {
    meaning: 'a batch is no longer in the outbox, or not in a state that allows what was asked',
    remedy: 'its events, if still stored, are sent again; the plane recognises them by their ids',
  },
  INTERNAL: {
    meaning: 'the agent met a state its authors did not expect',
    remedy: 'please report it with the log lines around it; the agent goes on where it can',
  },
} as const satisfies Record<string, ErrorEntry>;
