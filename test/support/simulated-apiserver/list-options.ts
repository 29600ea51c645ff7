/**
 * metav1.ListOptions out of a query, with the checks of the real server: values that can't be read are 400, combinations
 * that aren't allowed 422 (apimachinery's ValidateListOptions).
 */
import { bothOf, parseFieldSelector, parseLabelSelector, type Selector } from './selectors.ts';
import { ApiError, badRequest, invalidListOptions, type StatusCause } from './status.ts';
import type { ResourceDefinition } from './resources.ts';

export interface ListOptions {
  readonly selector: Selector | undefined;
  readonly isWatch: boolean;
  /** 0: no limit. */
  readonly limit: number;
  /** '' where this is no continuation. */
  readonly continueToken: string;
  /** '', '0', or what the client sent. */
  readonly resourceVersion: string;
  readonly match: '' | 'Exact' | 'NotOlderThan';
  readonly timeoutMs: number | undefined;
  readonly allowsBookmarks: boolean;
  readonly sendsInitialEvents: boolean | undefined;
}

type Causes = Required<StatusCause>[];

/** Throws a 400 or a 422. */
export function parseListOptions(query: URLSearchParams, definition: ResourceDefinition): ListOptions {
  const text = (name: string): string => query.get(name) ?? '';
  const timeoutSeconds = integer(text('timeoutSeconds'));
  const options = {
    selector: bothOf(parseLabelSelector(text('labelSelector')), parseFieldSelector(text('fieldSelector'), definition)),
    isWatch: flag(query.get('watch')) ?? false,
    limit: Math.max(0, integer(text('limit')) ?? 0),
    continueToken: text('continue'),
    resourceVersion: text('resourceVersion'),
    timeoutMs: timeoutSeconds === undefined || timeoutSeconds <= 0 ? undefined : timeoutSeconds * 1000,
    allowsBookmarks: flag(query.get('allowWatchBookmarks')) ?? false,
    sendsInitialEvents: flag(query.get('sendInitialEvents')),
  };
  return { ...options, match: checkedMatch(options, text('resourceVersionMatch')) };
}

/** conversion.Convert_Slice_string_To_bool: anything but "0" and "false" is true, an empty value too. */
function flag(value: string | null): boolean | undefined {
  if (value === null) return undefined;
  return value !== '0' && value.toLowerCase() !== 'false';
}

function integer(text: string): number | undefined {
  if (text === '') return undefined;
  if (/^[-+]?\d+$/.test(text)) return Number(text);
  throw new ApiError(badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`));
}

function checkedMatch(options: Omit<ListOptions, 'match'>, match: string): ListOptions['match'] {
  const causes: Causes = [];
  if (options.isWatch) checkWatchMatch(options, match, causes);
  else checkListMatch(options, match, causes);
  if (causes.length > 0) throw new ApiError(invalidListOptions(causes));
  return match as ListOptions['match'];
}

function checkListMatch(options: Omit<ListOptions, 'match'>, match: string, causes: Causes): void {
  if (options.sendsInitialEvents !== undefined) {
    causes.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  if (match === '') return;
  if (options.resourceVersion === '') {
    causes.push(
      forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'),
    );
  }
  if (options.continueToken !== '') {
    causes.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
  }
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    causes.push(unsupported(match, ['Exact', 'NotOlderThan', '']));
  }
  if (match === 'Exact' && options.resourceVersion === '0') {
    const text = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"';
    causes.push(forbidden('resourceVersionMatch', text));
  }
}

function checkWatchMatch(options: Omit<ListOptions, 'match'>, match: string, causes: Causes): void {
  if (options.sendsInitialEvents === undefined) {
    if (match === '') return;
    const text = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    causes.push(forbidden('resourceVersionMatch', text));
    return;
  }
  if (match === 'NotOlderThan') return;
  const text = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
  causes.push(forbidden('resourceVersionMatch', text));
  if (match !== '') causes.push(unsupported(match, ['NotOlderThan']));
}

const forbidden = (field: string, text: string): Required<StatusCause> => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${text}`,
  field,
});

const unsupported = (value: string, supported: readonly string[]): Required<StatusCause> => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: "${value}": supported values: ${supported.map((one) => `"${one}"`).join(', ')}`,
  field: 'resourceVersionMatch',
});
