/** HTML as a tagged template: whatever is put in is escaped, unless it is HTML made here. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export type HtmlPart = Html | readonly Html[] | string | number;

export function html(texts: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  const made = parts.map((part, at) => `${render(part)}${texts[at + 1] ?? ''}`);
  return new Html(`${texts[0] ?? ''}${made.join('')}`);
}

function render(part: HtmlPart): string {
  if (part instanceof Html) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escape(String(part));
  return part.map(({ text }) => text).join('');
}

function escape(text: string): string {
  // What could turn the order of the text around it is shown as what it is.
  const visible = text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd');
  return visible.replace(/[&<>"']/g, (char) => escapes[char] ?? char);
}
