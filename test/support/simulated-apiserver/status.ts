/**
 * metav1.Status: how the API server says what went wrong, and the error that carries it through the code. Texts and
 * codes were recorded from kube-apiserver 1.36; the contract suite compares them with a real one.
 */
import { qualifiedName, type ResourceDefinition } from './resources.ts';

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface StatusBody {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly continue?: string };
  readonly status: 'Failure' | 'Success';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

/** Thrown by whoever handles a request; the front door turns it into the answer. */
export class ApiError extends Error {
  readonly status: StatusBody;

  constructor(status: StatusBody) {
    super(status.message ?? status.reason ?? 'failure');
    this.name = 'ApiError';
    this.status = status;
  }

  get code(): number {
    return this.status.code ?? 500;
  }
}

/** A Failure. Leave `reason` or `details` out where the real one does. */
export function failure(code: number, reason: string, message: string, details?: StatusDetails): StatusBody {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

export const unauthorized = (): StatusBody => failure(401, 'Unauthorized', 'Unauthorized');

export const badRequest = (message: string): StatusBody => failure(400, 'BadRequest', message);

/** Errors the real server did not foresee itself: no reason, code 500. */
export const internalError = (message: string): StatusBody => failure(500, '', message);

export const noSuchResource = (): StatusBody =>
  failure(404, 'NotFound', 'the server could not find the requested resource', {});

export const methodNotAllowed = (): StatusBody =>
  failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

const mediaTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const watchTypes = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

export const notAcceptable = (): StatusBody =>
  failure(
    406,
    'NotAcceptable',
    `406: Not Acceptable\n\nAvailable representations: ${[...mediaTypes, ...watchTypes].join(', ')}`,
    {},
  );

export const transformNotAcceptable = (): StatusBody =>
  failure(406, 'NotAcceptable', `only the following media types are accepted: ${mediaTypes.join(', ')}`);

export const unsupportedBody = (): StatusBody =>
  failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${mediaTypes.join(', ')}`,
  );

export const unsupportedPatch = (): StatusBody =>
  failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});

function detailsOf(definition: ResourceDefinition, name: string): StatusDetails {
  const { group, resource } = definition;
  return { name, ...(group === '' ? {} : { group }), kind: resource };
}

const named = (definition: ResourceDefinition, name: string): string =>
  `${qualifiedName(definition.resource, definition.group)} "${name}"`;

export const notFound = (definition: ResourceDefinition, name: string): StatusBody =>
  failure(404, 'NotFound', `${named(definition, name)} not found`, detailsOf(definition, name));

export const alreadyExists = (definition: ResourceDefinition, name: string): StatusBody =>
  failure(409, 'AlreadyExists', `${named(definition, name)} already exists`, detailsOf(definition, name));

const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

export const conflict = (definition: ResourceDefinition, name: string, why: string = MODIFIED): StatusBody =>
  failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${named(definition, name)}: ${why}`,
    detailsOf(definition, name),
  );

/** 422 for one field of an object. `subject` is what the text begins with: a resource or a kind, qualified. */
export function invalidField(
  subject: string,
  details: StatusDetails,
  field: string,
  cause: { readonly reason: string; readonly message: string },
): StatusBody {
  const message = `${subject} "${details.name ?? ''}" is invalid: ${field}: ${cause.message}`;
  return failure(422, 'Invalid', message, { ...details, causes: [{ ...cause, field }] });
}

export const missingResourceVersion = (definition: ResourceDefinition, name: string): StatusBody =>
  invalidField(
    qualifiedName(definition.resource, definition.group),
    detailsOf(definition, name),
    'metadata.resourceVersion',
    { reason: 'FieldValueInvalid', message: 'Invalid value: 0: must be specified for an update' },
  );

export const missingName = (definition: ResourceDefinition): StatusBody =>
  invalidField(
    qualifiedName(definition.kind, definition.group),
    { ...(definition.group === '' ? {} : { group: definition.group }), kind: definition.kind },
    'metadata.name',
    { reason: 'FieldValueRequired', message: 'Required value: name or generateName is required' },
  );

/** 422 for a query: several problems may be told at once. */
export function invalidListOptions(causes: readonly Required<StatusCause>[]): StatusBody {
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const text = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
  return failure(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${text}`, {
    group: 'meta.k8s.io',
    kind: 'ListOptions',
    causes,
  });
}

export const expiredList = (): StatusBody =>
  failure(410, 'Expired', 'The resourceVersion for the provided list is too old.');

const EXPIRED_CONTINUE = [
  'The provided continue parameter is too old to display a consistent list result.',
  'You can start a new list without the continue parameter, or use the continue token in this response to retrieve the',
  'remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were',
  'created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
].join(' ');

/** 410 with a token for the remainder as it is now. */
export const expiredContinue = (freshToken: string): StatusBody => ({
  ...failure(410, 'Expired', EXPIRED_CONTINUE),
  metadata: { continue: freshToken },
});

/** What the watch cache says, as an ERROR event in an answer of 200. */
export const expiredWatch = (revision: number, oldest: number): StatusBody =>
  failure(410, 'Expired', `too old resource version: ${revision} (${oldest})`);

export const tooLargeResourceVersion = (wanted: number, current: number): StatusBody =>
  failure(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });

/** What a DELETE of most resources answers. */
export const deletedStatus = (definition: ResourceDefinition, name: string, uid: string): StatusBody => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: { ...detailsOf(definition, name), uid },
});
