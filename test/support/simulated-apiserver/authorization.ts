/**
 * Who is asking, and may they: bearer tokens and client certificates stand for users, users have rules as RBAC has them.
 * Rules may be changed while the server runs, as an administrator would.
 */
import type { RequestInfo } from './request-info.ts';
import { qualifiedName } from './resources.ts';
import { failure, type StatusBody } from './status.ts';

export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  /** Where it holds, as a Role and its binding; everywhere where absent, as a ClusterRoleBinding. */
  readonly namespaces?: readonly string[];
}

export interface User {
  readonly name: string;
  readonly token?: string;
  readonly groups?: readonly string[];
  readonly rules: readonly PolicyRule[];
}

/** What a rule is asked about: one request, or one line of an access review. */
export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** cluster-admin. */
export const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** system:discovery, system:public-info-viewer and system:basic-user: what anyone who is known may do. */
export const basicRules: readonly PolicyRule[] = [
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  },
  {
    verbs: ['get'],
    nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', '/healthz', '/livez', '/openapi', '/openapi/*', '/readyz'],
  },
  { verbs: ['get'], nonResourceURLs: ['/version', '/version/'] },
];

export const anonymous: User = {
  name: 'system:anonymous',
  groups: ['system:unauthenticated'],
  rules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'] }],
};

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(value));

function grantsResource(rule: PolicyRule, wanted: ResourceAttributes): boolean {
  const resource = wanted.subresource === '' ? wanted.resource : `${wanted.resource}/${wanted.subresource}`;
  return (
    has(rule.verbs, wanted.verb) &&
    has(rule.apiGroups, wanted.group) &&
    has(rule.resources, resource) &&
    (rule.resourceNames === undefined || rule.resourceNames.includes(wanted.name)) &&
    (rule.namespaces === undefined || (wanted.namespace !== '' && rule.namespaces.includes(wanted.namespace)))
  );
}

function grantsPath(rule: PolicyRule, verb: string, path: string): boolean {
  const covers = (pattern: string): boolean =>
    pattern === path || pattern === '*' || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
  return has(rule.verbs, verb) && (rule.nonResourceURLs ?? []).some(covers);
}

/** The users of one server. */
export class Authorization {
  readonly #users = new Map<string, User>();

  constructor(users: readonly User[]) {
    for (const user of users) this.set(user);
  }

  /** Adds a user, or gives a known one other rules or another token; the old token is worth nothing then. */
  set(user: User): void {
    this.#users.set(user.name, user);
  }

  /** From now on the user's token is answered with 401. */
  revoke(name: string): void {
    this.#users.delete(name);
  }

  named(name: string): User | undefined {
    return this.#users.get(name);
  }

  /** Undefined where the credentials are wrong; no credentials at all make `anonymous`. */
  authenticate(authorization: string | undefined, certificateName: string | undefined): User | undefined {
    if (authorization === undefined) {
      return certificateName === undefined ? anonymous : this.#withBasics(this.#users.get(certificateName));
    }
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) return undefined;
    return this.#withBasics([...this.#users.values()].find((user) => user.token === token));
  }

  #withBasics(user: User | undefined): User | undefined {
    if (user === undefined) return undefined;
    const groups = [...(user.groups ?? []), 'system:authenticated'];
    return { ...user, groups, rules: [...basicRules, ...user.rules] };
  }
}

export function mayUseResource(user: User, wanted: ResourceAttributes): boolean {
  return user.rules.some((rule) => grantsResource(rule, wanted));
}

export function mayUsePath(user: User, verb: string, path: string): boolean {
  return user.rules.some((rule) => grantsPath(rule, verb, path));
}

/** The 403 for this request, undefined where it is allowed. */
export function refusal(user: User, info: RequestInfo, path: string): StatusBody | undefined {
  if (!info.isResource) {
    if (mayUsePath(user, info.verb, path)) return undefined;
    const text = `forbidden: User ${JSON.stringify(user.name)} cannot ${info.verb} path ${JSON.stringify(path)}`;
    return failure(403, 'Forbidden', text, {});
  }
  return mayUseResource(user, info) ? undefined : forbiddenResource(user, info);
}

function forbiddenResource(user: User, wanted: ResourceAttributes): StatusBody {
  const { name, group, resource, subresource, namespace, verb } = wanted;
  const subject = `${qualifiedName(resource, group)}${name === '' ? '' : ` "${name}"`}`;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const who = JSON.stringify(user.name);
  const text = `${subject} is forbidden: User ${who} cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
  const details = { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource };
  return failure(403, 'Forbidden', text, details);
}
