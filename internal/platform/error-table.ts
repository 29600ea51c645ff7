/**
 * The one table of error codes (see errors.ts). Sorted by the part that raises them. A code, once released, keeps its
 * meaning: operators write alerts and run-books against it.
 */

export interface ErrorEntry {
  /** What happened, in one plain sentence. */
  readonly meaning: string;
  /** What the reader should do now. */
  readonly remedy: string;
}

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
  PLANE_URL_INVALID: {
    meaning: 'the URL of the plane cannot be used',
    remedy:
      'give --restate-url as http:// or https:// with host, port and path only; a token goes into a file, named by --restate-token-file',
  },
  PLANE_CREDENTIALS_UNREADABLE: {
    meaning: 'a file with credentials for the plane cannot be read or holds none',
    remedy:
      'see that the file named exists, is readable by the agent and holds what it should; it is read again by itself, and nothing is sent without it',
  },
  PLANE_UNREACHABLE: {
    meaning: 'the plane was not reached, or the connection to it broke',
    remedy:
      'check --restate-url, DNS, network policy and the certificate of the plane; events are kept and sent once it is back',
  },
  PLANE_TIMEOUT: {
    meaning: 'the plane gave no whole answer in time',
    remedy:
      'look at the load of the plane, or raise --restate-timeout; events are kept, and sending again under the same key does no harm',
  },
  PLANE_BREAKER_OPEN: {
    meaning: 'the plane failed several times in a row and is asked only now and then',
    remedy: 'look for the failures logged before this; events are kept and sent once it answers',
  },
  PLANE_BUSY: {
    meaning: 'the ingress of the plane asks us to come back later (429, 503)',
    remedy: 'look at the load and the limits of the ingress; events are kept and sent later',
  },
  PLANE_INGRESS_FAILED: {
    meaning: 'the ingress of the plane, or a proxy before it, failed',
    remedy: 'look at the logs of the ingress and of what stands before it; events are kept and sent again',
  },
  PLANE_HANDLER_FAILED: {
    meaning: 'a handler of the plane failed',
    remedy: 'look at the logs of the plane at this time; events are kept and sent again under a new key',
  },
  PLANE_ANSWER_UNEXPECTED: {
    meaning: 'an answer was none the plane could have given',
    remedy: 'check that nothing between the agent and the plane changes its answers; events are kept and sent again',
  },
  PLANE_UNAUTHORIZED: {
    meaning: 'the plane, or a proxy before it, does not accept our credentials (401, 403, 407)',
    remedy:
      'renew the token or certificate of this cluster; the file is read again by itself, and events are kept until then. Where only some events are refused it is a firewall that takes offence at their words: they are in quarantine as refused',
  },
  PLANE_NOT_REGISTERED: {
    meaning: 'the plane is not registered at this ingress, or the URL is wrong (404, 405)',
    remedy:
      'register the services of the plane with Restate, or correct --restate-url and --restate-path-prefix; events are kept until then',
  },
  PLANE_REDIRECTED: {
    meaning: 'the plane answered with a redirect, which is never followed',
    remedy:
      'give the final address as --restate-url; often it is https:// instead of http://, or a login page is in between',
  },
  PLANE_NOT_A_PLANE: {
    meaning: 'a web page answered in place of the plane',
    remedy: 'correct --restate-url; a proxy or login page may stand in between. Events are kept until then',
  },
  PLANE_BAD_REQUEST: {
    meaning: 'the ingress of the plane, or a proxy before it, refused a request as it is',
    remedy:
      'check --restate-path-prefix, and that the handlers of the plane are not private to it; events are kept until then. Where only some are refused it is a firewall that takes offence at their words: they are in quarantine as refused',
  },
  PLANE_INVALID: {
    meaning: 'the plane found something in a batch or request that it cannot take',
    remedy:
      'nothing to be done for the batch: it is halved until the event is alone and set aside; `watcher outbox quarantine` shows it',
  },
  PLANE_TOO_LARGE: {
    meaning: 'a batch is larger than the plane or a proxy before it takes',
    remedy: 'nothing: it is halved, and an event too large even alone is trimmed; to avoid it, lower --batch-size',
  },
  EVENT_TRIMMED: {
    meaning: 'an event was shortened, since the plane takes none that large',
    remedy:
      'nothing: which occurrence it is stays whole; to avoid it, raise the body limit of the plane or of the proxy before it',
  },
  PLANE_OTHER_CLUSTER: {
    meaning: 'the plane knows another cluster under our name',
    remedy:
      'give each cluster its own --cluster-id; where a cluster was built anew under its old name, make the plane forget the old one',
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
  STOP_TIMED_OUT: {
    meaning: 'a part of the agent did not end in time and was left behind',
    remedy:
      'nothing if it is rare: what is in the outbox is safe; otherwise raise --drain-timeout, and the grace period of the pod with it',
  },
  PLANE_UNGUARDED: {
    meaning: 'whoever reaches the address of the reference plane may call every handler',
    remedy: 'give --identity-key, or let it listen on the loopback',
  },
  CLUSTER_LATE: {
    meaning: 'the plane has not heard of a cluster, or of one in it that leads, for longer than it should',
    remedy: 'look whether the agent runs there, and whether it reaches the plane: docs/operations/late-clusters.md',
  },
  INTERNAL: {
    meaning: 'the agent met a state its authors did not expect',
    remedy: 'please report it with the log lines around it; the agent goes on where it can',
  },
} as const satisfies Record<string, ErrorEntry>;
