/**
 * The pictures that pages show: they are there, small, have words for who can't see them, show what the demo and the status
 * page show today, and nothing of the machine they were taken on. `make pictures` takes them anew.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { failures, silences } from '../../../cmd/demo/failures.ts';
import { columns } from '../../../cmd/demo/report.ts';
import { statusPage } from '../../../internal/server/status-page.ts';
import { palettes, linesOf, renderTerminal, type Theme } from '../../../tools/pictures/terminal.ts';
import { sizeOf, wordsOf } from '../../../tools/pictures/png.ts';
import { statusExample } from '../../support/status-example.ts';

const FOLDER = 'docs/pictures';
const MOST_BYTES = 200_000;
const pictures = globSync(`${FOLDER}/*`).toSorted();
const pages = globSync(['*.md', 'docs/**/*.md']).toSorted();

/** Sources and alternative texts of the pictures of a page, as HTML and as Markdown have them. */
function shownOn(page: string): { readonly file: string; readonly alt: string | undefined }[] {
  const text = readFileSync(page, 'utf8');
  const html = [...text.matchAll(/<(img|source)\b[^>]*>/g)].map(([tag]) => ({
    file: /\b(?:src|srcset)="([^"]*)"/.exec(tag)?.[1] ?? '',
    alt: tag.startsWith('<source') ? 'that of the img' : /\balt="([^"]*)"/.exec(tag)?.[1],
  }));
  const markdown = [...text.matchAll(/!\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, alt = '', file = '']) => ({ file, alt }));
  return [...html, ...markdown].map(({ file, alt }) => ({ file: path.join(path.dirname(page), file), alt }));
}

describe('the pictures of the pages', () => {
  const shown = pages.flatMap((page) => shownOn(page).map((one) => ({ page, ...one })));

  test('are there, and each has words for who can’t see it', () => {
    for (const { page, file, alt } of shown) {
      assert.ok(existsSync(file), `${page}: ${file}`);
      assert.ok((alt ?? '').length > 10, `${page}: ${file} has no words for who can't see it`);
    }
  });

  test('are all shown somewhere, and README shows demo and status page in light and in dark', () => {
    assert.deepEqual([...new Set(shown.map(({ file }) => file))].toSorted(), pictures);
    const first = shownOn('README.md').map(({ file }) => path.basename(file));
    assert.deepEqual(first, [
      ...['demo-dark.svg', 'demo-light.svg'],
      ...['status-wide-dark.png', 'status-wide-light.png'],
    ]);
  });

  test('are under 200 KB each', () => {
    const large = pictures.filter((file) => readFileSync(file).length > MOST_BYTES);
    assert.deepEqual(large, []);
  });
});

for (const theme of ['light', 'dark'] satisfies Theme[]) {
  describe(`the picture of the demo in ${theme}`, () => {
    const svg = readFileSync(`${FOLDER}/demo-${theme}.svg`, 'utf8');
    const lines = linesOf(svg);

    test('shows what the demo lets happen, and that each failure arrived once', () => {
      for (const { name: _name, what } of failures)
        assert.ok(
          lines.some((line) => line.endsWith(`: ${what}`)),
          what,
        );
      const required = failures.flatMap(({ expectations }) => expectations).filter(({ isRequired }) => isRequired);
      for (const { podPrefix, reasons } of required) {
        const row = new RegExp(`^  shop/${podPrefix}\\S* .*(${reasons.join('|')}).*\\d m?s$`);
        assert.ok(
          lines.some((line) => row.test(line)),
          `${podPrefix} ${reasons.join(' or ')}`,
        );
      }
      for (const { what } of silences)
        assert.ok(
          lines.some((line) => line.endsWith(`  ${what}`)),
          what,
        );
      const heading = lines
        .find((line) => line.startsWith('  POD '))
        ?.trim()
        .split(/ +/);
      assert.deepEqual(
        heading,
        columns.map(({ heading: one }) => one),
      );
      assert.match(lines.join('\n'), /^(\d+) of \1 failures arrived, each exactly once; 2 of 2 healthy workloads/m);
    });

    test('is drawn as pictures are drawn today', () => {
      const again = renderTerminal(lines.join('\n'), /<title>(.*)<\/title>/.exec(svg)?.[1] ?? '', theme);
      assert.equal(/<style>.*<\/style>/.exec(svg)?.[0], /<style>.*<\/style>/.exec(again)?.[0]);
      assert.ok(svg.includes(palettes[theme].back));
    });

    test('shows nothing of the machine it was taken on', () => assertNobodys(lines.join('\n')));
  });

  for (const width of ['wide', 'narrow']) {
    describe(`the picture of the status page, ${width}, in ${theme}`, () => {
      const png = readFileSync(`${FOLDER}/status-${width}-${theme}.png`);
      const words = wordsOf(png, 'Description') ?? '';

      test('shows what the page shows today', () => {
        const [first = ''] = /<section>[\s\S]*?<\/section>/.exec(statusPage(statusExample)) ?? [];
        const [, title = ''] = /<h2>(.*)<\/h2>/.exec(first) ?? [];
        assert.ok(words.includes(`\n${title}\n`), title);
        assert.match(words, /^demo\nready tells of failures\nwatcher \S+ as workstation_/);
        for (const check of ['watch', 'outbox']) assert.match(words, new RegExp(`^${check}\nok$`, 'm'));
        if (width === 'wide')
          assert.match(words, /\nLast failures\n[\s\S]*\nshop\/hungry\nmain\nOOMKilled\ndelivered\n/);
      });

      test('is as wide as it says', () => {
        const size = sizeOf(png);
        assert.ok(width === 'wide' ? size.width > 1200 : size.width < 700, `${size.width} pixels`);
        assert.ok(size.height > 400);
      });

      test('shows nothing of the machine it was taken on', () => assertNobodys(words));
    });
  }
}

/** No home, no temporary folder but the one it is called in pictures, no name, no port of the moment. */
function assertNobodys(words: string): void {
  assert.doesNotMatch(words, /\/home\/|\/root|\/Users\/|watcher-demo-|\/var\/folders/);
  assert.deepEqual([...words.matchAll(/(?:127\.0\.0\.1|localhost):(\d{5})/g)], [], 'a port of the moment');
  for (const [, name] of words.matchAll(/(\S+)_[0-9a-f]{12}/g)) assert.equal(name, 'workstation');
}
