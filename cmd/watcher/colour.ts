/** Whether what is printed is coloured. Pure. */
import type { Environment } from '../../internal/config/environment.ts';

/** What --color says. */
export const colourWishes = ['auto', 'always', 'never'] as const;
export type ColourWish = (typeof colourWishes)[number];

/**
 * The flag wins. Without it FORCE_COLOR (force-color.org; 0 and false mean no, as with Node), then NO_COLOR
 * (no-color.org), both only where they aren't empty; else a terminal that isn't dumb is coloured, and nothing else.
 */
export function isColoured(wish: ColourWish, environment: Environment, isTerminal: boolean): boolean {
  if (wish !== 'auto') return wish === 'always';
  const { FORCE_COLOR: forced = '', NO_COLOR: unwanted = '', TERM: terminal } = environment;
  if (forced !== '') return forced !== '0' && forced !== 'false';
  return unwanted === '' && terminal !== 'dumb' && isTerminal;
}
