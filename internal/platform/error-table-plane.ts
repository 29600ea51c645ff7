/** Rows of the table of error codes (error-table.ts) about the plane: what stands between it and the agent, and what it says. */
import type { ErrorEntry } from './error-entry.ts';

export const planeErrors = {
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
  PLANE_UNGUARDED: {
    meaning: 'whoever reaches the address of the reference plane may call every handler',
    remedy: 'give --identity-key, or let it listen on the loopback',
  },
  CLUSTER_LATE: {
    meaning: 'the plane has not heard of a cluster, or of one in it that leads, for longer than it should',
    remedy: 'look whether the agent runs there, and whether it reaches the plane: docs/operations/late-clusters.md',
  },
} as const satisfies Record<string, ErrorEntry>;
