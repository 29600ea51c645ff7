/**
 * What a terminal shows, as SVG: text with the colours of cmd/demo/paint.ts in, a picture out. Pure. It knows bold, faint and
 * the three colours that the demo uses, and throws on anything else, so that no picture shows half of what was said.
 *
 * Each line is one text element on a grid of its own, so columns stand under each other in whatever font there is.
 */
import { stripVTControlCharacters } from 'node:util';

export type Theme = 'light' | 'dark';

interface Palette {
  readonly back: string;
  readonly edge: string;
  readonly text: string;
  readonly faint: string;
  readonly good: string;
  readonly bad: string;
  readonly notice: string;
}

/** Each of them has a contrast of 4.5 or more to its background (WCAG 2.2 AA). */
export const palettes: Readonly<Record<Theme, Palette>> = {
  light: {
    ...{ back: '#ffffff', edge: '#d0d7de', text: '#1f2328', faint: '#59636e' },
    ...{ good: '#116329', bad: '#b3261e', notice: '#7d4e00' },
  },
  dark: {
    ...{ back: '#0d1117', edge: '#3d444d', text: '#e6edf3', faint: '#9198a1' },
    ...{ good: '#5fd38a', bad: '#ff8a80', notice: '#e3b341' },
  },
};

const FONT_PX = 13;
const COLUMN_PX = 7.8;
const LINE_PX = 18;
const MARGIN_PX = 18;

const CLASSES: Readonly<Record<string, string>> = { 1: 'strong', 2: 'faint', 31: 'bad', 32: 'good', 33: 'notice' };
const ENDS = new Set(['22', '39']);

/** `said` as a terminal would show it, for who can't see it too: `title` names the picture. */
export function renderTerminal(said: string, title: string, theme: Theme): string {
  const lines = said.trimEnd().split('\n');
  const columns = Math.max(...lines.map((line) => stripVTControlCharacters(line).length));
  const width = Math.ceil(columns * COLUMN_PX + 2 * MARGIN_PX);
  const height = lines.length * LINE_PX + 2 * MARGIN_PX;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${styleOf(palettes[theme])}</style>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    ...lines.flatMap((line, at) => renderLine(line, MARGIN_PX + (at + 0.75) * LINE_PX)),
    '</svg>',
  ].join('\n')}\n`;
}

/** The words of a picture, line by line, as they were said; what stood between them is not in it. */
export function linesOf(svg: string): string[] {
  return [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)].map(([, inner = '']) =>
    unescape(inner.replaceAll(/<[^>]*>/g, '')),
  );
}

function styleOf({ back, edge, text, faint, good, bad, notice }: Palette): string {
  return [
    `rect{fill:${back};stroke:${edge}}`,
    `text{fill:${text};font:${FONT_PX}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}`,
    `.strong{font-weight:700}.faint{fill:${faint}}.good{fill:${good}}.bad{fill:${bad}}.notice{fill:${notice}}`,
  ].join('');
}

function renderLine(line: string, y: number): string[] {
  const text = stripVTControlCharacters(line);
  if (text.trim() === '') return [];
  const length = (text.length * COLUMN_PX).toFixed(1);
  return [
    `<text x="${MARGIN_PX}" y="${y}" textLength="${length}" xml:space="preserve">${spansOf(line).join('')}</text>`,
  ];
}

function spansOf(line: string): string[] {
  const [before = '', ...coloured] = line.split('\u001B');
  const spans = coloured.map((part) => {
    const [, code = '', text = ''] = /^\[(\d+)m(.*)$/.exec(part) ?? [];
    const style = CLASSES[code];
    if (style === undefined && !ENDS.has(code)) throw new Error(`no picture of the colour ${JSON.stringify(part)}`);
    if (text === '') return '';
    return style === undefined ? escape(text) : `<tspan class="${style}">${escape(text)}</tspan>`;
  });
  return [escape(before), ...spans];
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
