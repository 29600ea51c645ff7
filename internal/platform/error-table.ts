/**
 * The one table of error codes (see errors.ts). Sorted by the part that raises them. A code, once released, keeps its
 * meaning: operators write alerts and run-books against it.
 */

import { planeErrors } from './error-table-plane.ts';
import type { ErrorEntry } from './error-entry.ts';

export const errorTable = {
  CONFIG_INVALID: {
    meaning: 'one or more settings are unknown, missing or out of range',
    remedy:
      'correct the settings named in the message; `watcher --help` lists them, `watcher config print` shows where each comes from',
  },
  CONFIG_ODD: {
    meaning: 'a setting is odd, and the agent goes on without it',
    remedy: 'correct the setting named at the place named; it does no harm meanwhile',
  },
  SETTING_GUESSED: {
    meaning: 'a setting was not given and what the agent took for it may not be what was meant',
    remedy: 'give the setting that the message names',
  },
  CHECK_FAILED: {
    meaning: 'the look around after the start found something missing or degraded',
    remedy: 'run `watcher check` with the same settings: it says what to do about each',
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
  REMOTE_SETTINGS_PARTLY: {
    meaning: 'part of what the plane sent as remote settings was not taken; the rest is in force',
    remedy: 'correct the settings named at the plane; `reason` says what is wrong with them',
  },
  SILENCE_INVALID: {
    meaning:
      'a silence is refused: it lacks an end or an owner, ends too far away, or cannot be read; it silences nothing',
    remedy:
      'correct it in the remote settings, or in the annotation watcher/silence: until=2026-11-22T10:00:00Z owner=jane; --silence-max says how far away its end may be',
  },
  DEBUG_TOKEN_UNREADABLE: {
    meaning: 'the token that guards the debug listener could not be read',
    remedy: 'point --debug-token-file at a file with one token in it, or leave out --debug-listen',
  },
  LISTEN_FAILED: {
    meaning: 'a listener could not be opened',
    remedy:
      'choose another address with --http-listen or --debug-listen (port 0 takes a free one), or end the process that holds the port',
  },
  LISTEN_TLS: {
    meaning: 'certificate or key of a listener cannot be used',
    remedy: 'see that both files can be read, are PEM, and belong together',
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
  KUBECONFIG_ODD: {
    meaning: 'the kubeconfig is used, with something in it that weakens or changes the connection',
    remedy: 'see whether that is meant; the message says what it is',
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
  CLOCK_SKEWED: {
    meaning:
      'the clock of this machine and that of the API server differ: ages and waiting times of failures are off by as much',
    remedy: 'have both machines set their clocks by the network (chrony, systemd-timesyncd); nothing is lost meanwhile',
  },
  KUBERNETES_TOO_OLD: {
    meaning:
      'the API server is of an older Kubernetes than the agent is tested with; it does its work as far as that allows',
    remedy:
      'upgrade the cluster to a version of docs/operations/versions.md; until then look at the log for what this one refuses',
  },
  API_FORBIDDEN: {
    meaning: 'the rights of the agent in the cluster do not allow a request (403)',
    remedy:
      'grant the verb on the resource named to its service account (`watcher rbac` prints all it needs, `watcher check` what is missing); it tries again slowly by itself',
  },
  NAMESPACE_MISSING: {
    meaning: 'the one namespace to watch does not exist in the cluster',
    remedy:
      'correct --watch-namespace or create the namespace, which is noticed by itself; --watch-namespace-mode=all watches all',
  },
  NAMESPACES_LATE: {
    meaning:
      'pods were told before the labels of their namespaces were known: ids that come from those are empty in these events',
    remedy: 'look for the right to list namespaces and at how fast the API server answers; later events are whole',
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
  LEASE_LOST: {
    meaning: 'this replica leads no more without having been stopped; another takes over',
    remedy:
      'nothing if it is rare; otherwise look at the API server and at the CPU of the pod: renewing took longer than --lease-renew-deadline',
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
  OUTBOX_IN_MEMORY: {
    meaning: 'the outbox is in memory: what the plane has not taken is lost with the process',
    remedy: 'give --data-dir a directory that the agent may write, on a volume that outlives what it is to outlive',
  },
  OUTBOX_MISSING: {
    meaning: 'there is no outbox in this directory',
    remedy: 'name the data directory of the agent with --data-dir, or its --cluster-id so that it can be found',
  },
  OUTBOX_DAMAGED: {
    meaning: 'the outbox file is damaged, or is none; it was left as it is',
    remedy: 'start the agent on it: it moves every event that can be read into a new file and keeps the damaged one',
  },
  OUTBOX_EVENT_UNKNOWN: {
    meaning: 'an event named is not in quarantine',
    remedy: '`watcher outbox quarantine` lists what is; it may have been put back, or removed to make room, meanwhile',
  },
  OUTBOX_EXPORT_FAILED: {
    meaning: 'what was to be exported could not be written',
    remedy: 'give --file the name of a file that does not exist yet, in a directory you may write',
  },
  CONTROL_UNREACHABLE: {
    meaning: 'an agent holds the outbox and could not be asked through its control socket',
    remedy:
      'run the command as the user of the agent, in its container; if the agent is just starting or ending, try again',
  },
  CONTROL_UNAVAILABLE: {
    meaning: 'the control socket could not be opened; the agent works, but its outbox can not be looked at meanwhile',
    remedy: 'see that --data-dir is a directory the agent may write, on a local disk, with a path under 90 characters',
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
  OUTBOX_SLOW: {
    meaning: 'the outbox takes failures slower than they come; what changes meanwhile is looked at again later',
    remedy: 'look at the disk below --data-dir and at the CPU of the pod',
  },
  OUTBOX_QUARANTINE_FULL: {
    meaning: 'the quarantine is full: its oldest events were removed',
    remedy: 'see with `watcher outbox quarantine` what the plane cannot take, correct it there, and requeue them',
  },
  OUTBOX_REPAIRED: {
    meaning: 'part of the outbox was damaged: what could be read is used, the rest was set aside',
    remedy:
      'look at the disk below --data-dir; what still shows in the cluster is told again under the same ids, the file named keeps the rest',
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
  ...planeErrors,
  OTLP_EXPORT_FAILED: {
    meaning: 'metrics or traces do not reach the OTLP collector; what is told to the plane does not depend on it',
    remedy:
      'check --otlp-endpoint (the base URL, without v1/metrics), that its port takes OTLP over HTTP as JSON (4318 by custom), the headers, and network policies; it is tried again by itself',
  },
  OTLP_HEADERS_UNREADABLE: {
    meaning: 'the headers for the OTLP collector could not be read',
    remedy: 'put one NAME: VALUE a line into the file of --otlp-headers-file and let the agent read it',
  },
  RECORDING_INVALID: {
    meaning: 'a recording of pods could not be read',
    remedy:
      'give a file that `watcher record` wrote, or `kubectl get pods -w -o json --output-watch-events`; it may be cut off',
  },
  RECORDING_FAILED: {
    meaning: 'a recording could not be written',
    remedy: 'look at the directory, the rights and the room where it was to be written',
  },
  OUTPUT_FAILED: {
    meaning: 'what a command prints or makes could not be written',
    remedy:
      'look at the rights and the room where it goes; in a container, whose file system is read-only, `--file=/dev/stdout > FILE` brings it outside',
  },
  STOP_TIMED_OUT: {
    meaning: 'a part of the agent did not end in time and was left behind',
    remedy:
      'nothing if it is rare: what is in the outbox is safe; otherwise raise --drain-timeout, and the grace period of the pod with it',
  },
  INTERNAL: {
    meaning: 'the agent met a state its authors did not expect',
    remedy: 'please report it with the log lines around it; the agent goes on where it can',
  },
} as const satisfies Record<string, ErrorEntry>;
