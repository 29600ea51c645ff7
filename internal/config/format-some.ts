/** Some of a few words as the value of a setting, joined by commas. */
import { list, problemOf, valueOf, type Format } from './format.ts';
import { suggestion } from './nearest.ts';
import { quoted } from './problems.ts';

/** Some of `words`, or `*` for all of them; empty text is none. */
export function someOf<const W extends string>(placeholder: string, words: readonly W[]): Format<readonly W[]> {
  const texts = list(placeholder, 'nothing');
  const isKnown = (text: string): text is W => words.some((word) => word === text);
  return {
    ...texts,
    parse: (text) => {
      const parsed = texts.parse(text);
      if (parsed.kind === 'problem') return parsed;
      const unknown = parsed.value.find((word) => word !== '*' && !isKnown(word));
      if (unknown !== undefined) {
        const known = `choose from ${words.join(', ')} or *`;
        return problemOf(`${quoted(unknown)} is not known`, suggestion(unknown, words, known));
      }
      return valueOf(parsed.value.includes('*') ? words : Object.freeze(parsed.value.filter(isKnown)));
    },
  };
}
