/**
 * `make pictures`: runs the real demo and writes what README.md shows of it into docs/pictures: its output as SVG and the status
 * page of its agent as PNG, each in light and in dark. Without Chromium the status page is left out, and it says so.
 *
 * Names, ports and paths of this machine are not in them. A picture that would differ in times, ids and figures alone is left as it
 * is; `--all` writes all of them anew.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runDemo } from '../cmd/demo/demo.ts';
import { coloured } from '../cmd/demo/paint.ts';
import { processEnvironment } from '../internal/config/environment.ts';
import { systemClock } from '../internal/platform/clock.ts';
import { systemRandom } from '../internal/platform/random.ts';
import { noChromium } from '../test/support/chromium.ts';
import { withoutMachine, withoutMoment, type Mask } from './pictures/mask.ts';
import { takePage, WORDS, type PagePicture } from './pictures/page.ts';
import { wordsOf } from './pictures/png.ts';
import { linesOf, renderTerminal } from './pictures/terminal.ts';

const FOLDER = 'docs/pictures';
const TITLE = 'What make demo prints: parts start, pods fail, and the plane receives each failure once';
const OPTIONS = {
  cluster: 'simulated',
  isKept: true,
  watchForMs: 0,
  restate: undefined,
  httpListen: '127.0.0.1:0',
} as const;

interface Run {
  /** What was said, up to how long it took. */
  readonly said: string;
  readonly pages: readonly PagePicture[];
}

/** Runs the demo, looks at the status page once all has happened, and ends it. Throws where a failure did not arrive once. */
async function run(mask: Mask): Promise<Run> {
  const end = new AbortController();
  let said = '';
  let taken: Promise<readonly PagePicture[]> = Promise.resolve([]);
  const write = (text: string): void => {
    said += text;
    const [, url] = /^ {2}status page +(\S+)$/.exec(text.trimEnd()) ?? [];
    if (url !== undefined && noChromium === false) taken = takePage(url, mask);
    if (text.startsWith('  stop ')) void taken.catch(() => undefined).then(() => end.abort());
  };
  const terminal = { write, isTerminal: false, paint: coloured };
  const ambient = { environment: processEnvironment(), clock: systemClock(), random: systemRandom() };
  const isGood = await runDemo(OPTIONS, { ...ambient, terminal, signal: end.signal });
  if (!isGood) throw new Error(`the demo went wrong\n${said}`);
  return { said: mask(said).replace(/\n[^\n]*Left running[\s\S]*$/, ''), pages: await taken };
}

/** Writes what tells something else than what is there. */
function settle(name: string, content: string | Buffer, wordsIn: (content: Buffer) => string, isAll: boolean): void {
  const file = path.join(FOLDER, name);
  const told = (some: Buffer): string => withoutMoment(wordsIn(some));
  const isSame = !isAll && existsSync(file) && told(readFileSync(file)) === told(Buffer.from(content));
  if (!isSame) writeFileSync(file, content);
  process.stdout.write(`  ${file}  ${isSame ? 'tells the same, left as it is' : 'written'}\n`);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });
  process.stdout.write('running the demo, about 20 s ...\n');
  const { said, pages } = await run(withoutMachine({ hostname: hostname(), temporary: tmpdir() }));
  mkdirSync(FOLDER, { recursive: true });
  for (const theme of ['light', 'dark'] as const) {
    const svg = renderTerminal(`$ make demo\n${said}`, TITLE, theme);
    settle(`demo-${theme}.svg`, svg, (some) => linesOf(some.toString()).join('\n'), values.all);
  }
  for (const { name, png } of pages) settle(name, png, (some) => wordsOf(some, WORDS) ?? '', values.all);
  if (noChromium !== false) process.stdout.write(`  the status page is left as it is: ${noChromium}\n`);
}
