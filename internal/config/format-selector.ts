/** Label selectors as the value of a setting. A selector holds commas itself, so several are joined by semicolons. */
import { LabelSelector } from '../platform/label-selector.ts';
import { PATTERNS, problemOf, valueOf, type Format } from './format.ts';
import { quoted } from './problems.ts';

/** Selectors in the syntax of Kubernetes; empty text is none. */
export function selectors(placeholder: string): Format<readonly LabelSelector[]> {
  return {
    placeholder,
    parse: (text) => {
      const texts = text.split(';').filter((part) => part.trim() !== '');
      if (texts.length > PATTERNS) return problemOf(`names more than ${PATTERNS} selectors`, 'name fewer');
      const parsed: LabelSelector[] = [];
      for (const part of texts) {
        const selector = LabelSelector.parse(part);
        if (!(selector instanceof LabelSelector)) {
          return problemOf(
            `${quoted(part.trim())} ${selector.problem}`,
            'write it as for kubectl -l: app=web,tier!=db',
          );
        }
        parsed.push(selector);
      }
      return valueOf(Object.freeze(parsed));
    },
    show: (value) => value.map(({ text }) => text).join(';'),
  };
}
