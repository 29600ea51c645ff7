/** What the API server's audit log says a user asked for, in the words of RBAC. */
import { readFileSync } from 'node:fs';
import type { Right } from '../../internal/kubernetes/rights.ts';

/** A request that named a resource. */
export interface Asked {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly status: number;
}

interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: Readonly<
    Record<'resource' | 'subresource' | 'namespace' | 'name' | 'apiGroup', string | undefined>
  >;
  readonly responseStatus?: { readonly code: number };
}

export const auditPolicy = { rules: [{ level: 'Metadata' }], omitStages: ['RequestReceived'] };

/** Every request of `user` so far, also those that were refused; what names no resource (`/version`) is left out. */
export function askedBy(auditLogFile: string, user: string): Asked[] {
  const lines = readFileSync(auditLogFile, 'utf8').trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as AuditEvent);
  return events.filter((event) => event.user.username === user).flatMap((event) => askedIn(event));
}

function askedIn({ verb, objectRef, responseStatus }: AuditEvent): Asked[] {
  if (objectRef?.resource === undefined) return [];
  const { apiGroup: group = '', resource, subresource, namespace = '', name = '' } = objectRef;
  const whole = subresource === undefined ? resource : `${resource}/${subresource}`;
  return [{ verb, group, resource: whole, namespace, name, status: responseStatus?.code ?? 0 }];
}

/** Whether the right is what allows the request. */
export function allows({ row, namespace, name }: Right, asked: Asked): boolean {
  const isOfKind =
    row.group === asked.group && row.resource === asked.resource && row.verbs.some((verb) => verb === asked.verb);
  const isThere = namespace === '' || namespace === asked.namespace;
  // A list with metadata.name=x as its selector is authorised by that name, which the log does not show.
  const isThat = name === undefined || name === asked.name || (asked.name === '' && asked.verb !== 'get');
  return isOfKind && isThere && isThat;
}

/** For a person: `list pods`, `get leases.coordination.k8s.io watcher-leader-lock in agents`. */
export function askedText({ verb, group, resource, namespace, name, status }: Asked): string {
  const what = group === '' ? resource : `${resource}.${group}`;
  return `${verb} ${what} ${name} in ${namespace === '' ? 'the cluster' : namespace}: ${status}`;
}
