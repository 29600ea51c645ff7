/** `-o, --output`, which every command understands: in which form it prints. */
import { choice } from '../../internal/config/format.ts';
import { ConfigError } from '../../internal/config/problems.ts';
import type { DescribedFlag } from './command.ts';

/** The flag, whose default is the first of `forms`. */
export function outputFlag(forms: readonly [string, ...string[]]): DescribedFlag {
  return { name: 'output', short: 'o', placeholder: forms.join('|'), doc: `how it is written (${forms[0]})` };
}

/** Which of `forms` was asked for; the first where none was. Throws CONFIG_INVALID. */
export function outputOf<const F extends readonly [string, ...string[]]>(
  given: ReadonlyMap<string, string>,
  forms: F,
): F[number] {
  const parsed = choice(forms).parse(given.get('output') ?? forms[0]);
  if (parsed.kind === 'value') return parsed.value;
  const { problem, remedy } = parsed;
  throw new ConfigError([{ key: 'output', source: 'flag', place: '--output', problem, remedy }]);
}
