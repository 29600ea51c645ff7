/**
 * Label selectors in the syntax of Kubernetes (`kubectl -l`): `app=web,tier!=db,env in (prod,stage),!canary`. All of its
 * requirements must hold; `!=` and `notin` also hold where the label is missing, as for the API server.
 * Source: k8s.io/apimachinery/pkg/labels; its comparisons of numbers (`>`, `<`) are not known here.
 *
 * Reading and matching take time in proportion to the text; nothing tracks back. Never throws.
 */

export interface SelectorProblem {
  readonly problem: string;
}

interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent';
  readonly values: readonly string[];
}

/** Longest selector that is read, and most requirements in it: what a finding costs to compare is bounded by these. */
const SELECTOR_LENGTH = 1024;
const REQUIREMENTS = 32;

const KEY = /^(?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
const VALUE = /^[A-Za-z0-9_.-]{0,63}$/;
const TOKENS = /\s*(!=|==|[,()!=]|[A-Za-z0-9_./-]+)/y;

export class LabelSelector {
  readonly #requirements: readonly Requirement[];
  /** As it was written. */
  readonly text: string;

  private constructor(text: string, requirements: readonly Requirement[]) {
    this.text = text;
    this.#requirements = requirements;
  }

  static parse(text: string): LabelSelector | SelectorProblem {
    if (text.length > SELECTOR_LENGTH) return { problem: `is longer than ${SELECTOR_LENGTH} characters` };
    const tokens = tokensOf(text);
    if (tokens === undefined) return { problem: 'holds characters that no label has' };
    const requirements: Requirement[] = [];
    for (const part of partsOf(tokens)) {
      const requirement = requirementOf(part);
      if (requirement === undefined)
        return { problem: `has a part that can't be read: ${part.join(' ') || 'nothing'}` };
      requirements.push(requirement);
    }
    if (requirements.length > REQUIREMENTS) return { problem: `has more than ${REQUIREMENTS} requirements` };
    return new LabelSelector(text.trim(), requirements);
  }

  matches(labels: ReadonlyMap<string, string>): boolean {
    return this.#requirements.every(({ key, operator, values }) => {
      const value = labels.get(key);
      switch (operator) {
        case 'exists':
          return value !== undefined;
        case 'absent':
          return value === undefined;
        case 'in':
          return value !== undefined && values.includes(value);
        case 'notin':
          return value === undefined || !values.includes(value);
      }
    });
  }

  toJSON(): string {
    return this.text;
  }
}

function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = [];
  const trimmed = text.trimEnd();
  TOKENS.lastIndex = 0;
  while (TOKENS.lastIndex < trimmed.length) {
    const token = TOKENS.exec(trimmed)?.[1];
    if (token === undefined) return undefined;
    tokens.push(token);
  }
  return tokens;
}

/** Parts at the commas, but for those between brackets. */
function partsOf(tokens: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  let isInside = false;
  for (const token of tokens) {
    if (token === '(' || token === ')') isInside = token === '(';
    if (token === ',' && !isInside) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function requirementOf(part: readonly string[]): Requirement | undefined {
  if (part[0] === '!') return part.length === 2 ? requirement(part[1], 'absent', []) : undefined;
  const [key, operator, ...rest] = part;
  switch (operator) {
    case undefined:
      return requirement(key, 'exists', []);
    case '=':
    case '==':
      return rest.length > 1 ? undefined : requirement(key, 'in', [rest[0] ?? '']);
    case '!=':
      return rest.length > 1 ? undefined : requirement(key, 'notin', [rest[0] ?? '']);
    case 'in':
    case 'notin':
      return rest[0] === '(' && rest.at(-1) === ')' ? requirement(key, operator, listed(rest.slice(1, -1))) : undefined;
    default:
      return undefined;
  }
}

/** What stands where a comma should becomes part of a value, and such a value is none. */
function listed(tokens: readonly string[]): string[] {
  return tokens.join(' ').split(' , ');
}

function requirement(
  key: string | undefined,
  operator: Requirement['operator'],
  values: readonly string[],
): Requirement | undefined {
  const isUsable = key !== undefined && KEY.test(key) && values.every((value) => VALUE.test(value));
  return isUsable ? { key, operator, values } : undefined;
}
