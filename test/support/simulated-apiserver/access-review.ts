/**
 * SelfSubjectAccessReview and SelfSubjectRulesReview: the user's own rules, asked by the user.
 */
import { mayUsePath, mayUseResource, type PolicyRule, type User } from './authorization.ts';
import { textAt, valueAt } from './objects.ts';
import { ApiError, badRequest, failure } from './status.ts';

const REVIEWS = { apiVersion: 'authorization.k8s.io/v1', metadata: {} };

/** The answer to a SelfSubjectAccessReview. Throws a 422 where it asks nothing. */
export function reviewAccess(user: User, body: unknown): object {
  const resource = valueAt(body, 'spec', 'resourceAttributes');
  const path = valueAt(body, 'spec', 'nonResourceAttributes');
  if ((resource === undefined) === (path === undefined)) throw askedNothing();
  const allowed =
    resource === undefined
      ? mayUsePath(user, textAt(path, 'verb'), textAt(path, 'path'))
      : mayUseResource(user, {
          verb: textAt(resource, 'verb'),
          group: textAt(resource, 'group'),
          resource: textAt(resource, 'resource'),
          subresource: textAt(resource, 'subresource'),
          namespace: textAt(resource, 'namespace'),
          name: textAt(resource, 'name'),
        });
  return { kind: 'SelfSubjectAccessReview', ...REVIEWS, spec: valueAt(body, 'spec'), status: { allowed } };
}

/** The answer to a SelfSubjectRulesReview: what the user may do in one namespace. Throws a 400 without a namespace. */
export function reviewRules(user: User, body: unknown): object {
  const namespace = textAt(body, 'spec', 'namespace');
  if (namespace === '') throw new ApiError(badRequest('no namespace on request'));
  const here = user.rules.filter((rule) => rule.namespaces?.includes(namespace) ?? true);
  const status = {
    resourceRules: here.filter((rule) => rule.resources !== undefined).map(printed),
    nonResourceRules: here.filter((rule) => rule.nonResourceURLs !== undefined).map(printed),
    incomplete: false,
  };
  return { kind: 'SelfSubjectRulesReview', ...REVIEWS, spec: {}, status };
}

function printed({ namespaces: _namespaces, ...rule }: PolicyRule): object {
  return rule;
}

function askedNothing(): ApiError {
  const message = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  const cause = {
    reason: 'FieldValueInvalid',
    message: `Invalid value: null: ${message}`,
    field: 'spec.resourceAttributes',
  };
  return new ApiError(
    failure(422, 'Invalid', `.authorization.k8s.io "" is invalid: ${cause.field}: ${cause.message}`, {
      group: 'authorization.k8s.io',
      causes: [cause],
    }),
  );
}
