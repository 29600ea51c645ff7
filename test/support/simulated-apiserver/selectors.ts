/**
 * labelSelector and fieldSelector: the grammar of apimachinery's labels.Parse and fields.ParseSelector, as far as watches
 * use it. What can't be parsed, and fields a resource doesn't have, are refused as the real server refuses them.
 */
import type { ResourceDefinition } from './resources.ts';
import { ApiError, badRequest } from './status.ts';
import type { StoredObject } from './stored-object.ts';

export type Selector = (object: StoredObject) => boolean;

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

const KEY = /^[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const SET = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/;
const EQUALITY = /^([^=!\s]+)\s*(==|=|!=)\s*(.*)$/;
const EXISTS = /^(!?)\s*([^=!\s]+)$/;

/** Undefined where everything matches. Throws a 400. */
export function parseLabelSelector(text: string): Selector | undefined {
  const tests = splitOutsideParentheses(text).map(labelTest);
  if (tests.length === 0) return undefined;
  return (object) => tests.every((test) => test(object.labels));
}

function labelTest(term: string): LabelTest {
  const set = SET.exec(term);
  if (set !== null) return setTest(set[1]!, set[2] === 'in', set[3]!);
  const equality = EQUALITY.exec(term);
  if (equality !== null) return equalityTest(equality[1]!, equality[2] !== '!=', equality[3]!.trim());
  const exists = EXISTS.exec(term);
  if (exists !== null) return existsTest(exists[2]!, exists[1] === '');
  throw new ApiError(badRequest(`unable to parse requirement: ${term}`));
}

function setTest(key: string, isIn: boolean, list: string): LabelTest {
  checkKey(key);
  const values = new Set(list.split(',').map((value) => checkedValue(key, value.trim())));
  return (labels) => (labels[key] !== undefined && values.has(labels[key])) === isIn;
}

function equalityTest(key: string, isEqual: boolean, value: string): LabelTest {
  checkKey(key);
  checkedValue(key, value);
  return (labels) => (labels[key] === value) === isEqual;
}

function existsTest(key: string, mustExist: boolean): LabelTest {
  checkKey(key);
  return (labels) => (labels[key] !== undefined) === mustExist;
}

function checkKey(key: string): void {
  if (!KEY.test(key)) throw new ApiError(badRequest(`unable to parse requirement: <nil>: Invalid value: "${key}"`));
}

function checkedValue(key: string, value: string): string {
  if (value.startsWith('=')) {
    throw new ApiError(badRequest("unable to parse requirement: found '=', expected: identifier"));
  }
  if (VALUE.test(value) && value.length <= 63) return value;
  throw new ApiError(badRequest(`unable to parse requirement: values[0][${key}]: Invalid value: "${value}"`));
}

function splitOutsideParentheses(text: string): string[] {
  return text
    .split(/,(?![^()]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

/** Undefined where everything matches. Throws a 400. */
export function parseFieldSelector(text: string, definition: ResourceDefinition): Selector | undefined {
  const tests = (text.match(/(?:\\.|[^,\\])+/g) ?? []).map((term) => fieldTest(term, definition));
  if (tests.length === 0) return undefined;
  return (object) => tests.every((test) => test(object));
}

function fieldTest(term: string, definition: ResourceDefinition): Selector {
  const parsed = /^([^=!]*)(==|=|!=)(.*)$/.exec(term);
  if (parsed === null) throw new ApiError(badRequest(`invalid selector: '${term}'; can't understand '${term}'`));
  const [, label = '', operator, escaped = ''] = parsed;
  // fields.EscapeValue puts a backslash before these.
  const value = escaped.replaceAll(/\\([\\,=])/g, '$1');
  const isKnown =
    label === 'metadata.name' || label === 'metadata.namespace' || Object.hasOwn(definition.fields, label);
  if (!isKnown) throw new ApiError(badRequest(`field label not supported: ${label}`));
  return (object) => (object.field(label) === value) === (operator !== '!=');
}

/** Both at once; undefined where neither is there. */
export function bothOf(one: Selector | undefined, other: Selector | undefined): Selector | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return (object) => one(object) && other(object);
}
