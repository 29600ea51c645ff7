/** What an API server says of a failing pod, for tests: events, a log, a pod. */
import type { ContextSubject, LogOf } from '../../internal/pipeline/context.ts';

export const aSubject = (parts: Partial<ContextSubject> = {}): ContextSubject => ({
  ...{ namespace: 'shop', name: 'web', uid: 'uid-1', eventsUid: 'uid-1', container: 'app' },
  logOf: () => 'previous' satisfies LogOf,
  ...parts,
});

export interface EventParts {
  readonly type?: string;
  readonly container?: string;
  readonly count?: number;
  readonly uid?: string;
}

/** As the kubelet writes it. */
export function kubeletEvent(reason: string, message: string, lastTimestamp: string, parts: EventParts = {}): object {
  const { type = 'Warning', container, count = 1, uid = 'uid-1' } = parts;
  const fieldPath = container === undefined ? {} : { fieldPath: `spec.containers{${container}}` };
  return {
    metadata: { name: `web.${reason}`, namespace: 'shop' },
    involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web', uid, apiVersion: 'v1', ...fieldPath },
    ...{ reason, message, type, count, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp },
    source: { component: 'kubelet', host: 'node-1' },
    ...{ eventTime: null, reportingComponent: 'kubelet', reportingInstance: 'node-1' },
  };
}

/** Secrets that must never be seen again, each in the middle of a text as somebody's program would write it. */
export const canaries: Readonly<Record<string, string>> = {
  'hunter2-canary': 'connecting with password=hunter2-canary to db',
  'userinfo-canary': 'dial postgres://admin:userinfo-canary@db:5432/shop failed',
  'bearer-canary-0123456789': 'Authorization: Bearer bearer-canary-0123456789',
  'eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnbmF0dXJlLWNhbmFyeQ':
    'jwt eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnbmF0dXJlLWNhbmFyeQ rejected',
  MIICanaryCanaryCanaryKey: '-----BEGIN PRIVATE KEY-----\nMIICanaryCanaryCanaryKey\n-----END PRIVATE KEY-----',
  'acme-canary-77': 'licence acme-canary-77 expired',
  'ansi-canary': 'password\u001b[0m=\u001b[31mansi-canary\u001b[0m',
};
