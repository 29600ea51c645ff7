/**
 * Writes the parts of the documents that come from the code, between `<!-- generated: NAME -->` and
 * `<!-- end of NAME -->`, and the files of the chart that do. With --check it writes nothing and fails where one is not
 * what the code says.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chartFiles } from './chart-files.ts';
import { documentSections } from './document-sections.ts';

const PART = /(<!-- generated: ([a-z-]+) -->\n)([\s\S]*?)(<!-- end of \2 -->)/g;

/** `text` with every generated part replaced. Throws where a part is not known. */
export function regenerate(text: string, sections: Readonly<Record<string, () => string>>): string {
  return text.replaceAll(PART, (_all, open: string, name: string, _old: string, close: string) => {
    const section = sections[name];
    if (section === undefined) throw new Error(`no generated part is called '${name}'`);
    return `${open}\n${section().trim()}\n\n${close}`;
  });
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const stale: string[] = [];
  const settle = (file: string, before: string | undefined, after: string): void => {
    if (before === after) return;
    if (values.check) stale.push(file);
    else writeFileSync(file, after);
  };
  for (const file of globSync(['README.md', 'docs/**/*.md', 'deploy/**/*.md'])) {
    const before = readFileSync(file, 'utf8');
    settle(file, before, regenerate(before, documentSections));
  }
  for (const [file, made] of Object.entries(chartFiles)) {
    settle(file, existsSync(file) ? readFileSync(file, 'utf8') : undefined, made());
  }
  if (stale.length > 0) {
    process.stdout.write(`not what the code says: ${stale.join(', ')}; run \`npm run docs\`\n`);
    process.exitCode = 1;
  }
}
