/**
 * Takes the status page with a real browser, as wide as a desk and as a phone, in light and in dark. What would tell of this
 * machine is changed in the page before it is taken. The settings, which fill screens, are left out.
 */
import { Chromium } from '../../test/support/chromium.ts';
import type { Mask } from './mask.ts';
import { withWords } from './png.ts';
import type { Theme } from './terminal.ts';

export interface PagePicture {
  readonly name: string;
  readonly png: Buffer;
  /** What it shows, as people read it. */
  readonly words: string;
}

interface View {
  readonly name: string;
  readonly width: number;
  /** Of what is there, so much is taken at most. */
  readonly heightAtMost: number;
  readonly scale: number;
}

const views: readonly View[] = [
  { name: 'wide', width: 1080, heightAtMost: 900, scale: 1.25 },
  { name: 'narrow', width: 390, heightAtMost: 844, scale: 1.5 },
];

/** Under which the words of a picture stand in it. */
export const WORDS = 'Description';

export async function takePage(url: string, mask: Mask): Promise<PagePicture[]> {
  await using browser = await Chromium.start();
  const pictures: PagePicture[] = [];
  for (const view of views)
    for (const theme of ['light', 'dark'] as const) pictures.push(await take(browser, url, view, theme, mask));
  return pictures;
}

async function take(browser: Chromium, url: string, view: View, theme: Theme, mask: Mask): Promise<PagePicture> {
  const { name, width, heightAtMost, scale } = view;
  await browser.look(width, theme);
  await browser.open(url);
  await maskPage(browser, mask);
  const height = await browser.evaluate<number>(lastRowWithin(heightAtMost));
  const words = await browser.evaluate<string>(visibleWords(height));
  const { data } = (await browser.send('Page.captureScreenshot', {
    format: 'png',
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width, height, scale },
  })) as { data: string };
  const described = withWords(Buffer.from(data, 'base64'), WORDS, words);
  return { name: `status-${name}-${theme}.png`, png: described, words };
}

/** Goes through the texts of the page, so that what is not text stays as it is. */
async function maskPage(browser: Chromium, mask: Mask): Promise<void> {
  const walk = `const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); const nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);`;
  const texts = await browser.evaluate<string[]>(`(() => { ${walk} return nodes.map((node) => node.data); })()`);
  const masked = JSON.stringify(texts.map((text) => mask(text)));
  await browser.evaluate(`(() => { ${walk} const masked = ${masked};
    nodes.forEach((node, at) => { node.data = masked[at]; }); })()`);
}

/** Where the last row ends that is whole within `height`; those of the settings don't count. */
function lastRowWithin(height: number): string {
  return `Math.ceil(Math.max(...[...document.querySelectorAll('section:not(:last-child) tr')]
    .map((row) => row.getBoundingClientRect().bottom + scrollY).filter((bottom) => bottom <= ${height - 16}))) + 16`;
}

/** The texts of what begins above `height`. */
function visibleWords(height: number): string {
  return `[...document.querySelectorAll('h1, h2, p, th, td')]
    .filter((one) => one.getBoundingClientRect().height > 0 && one.getBoundingClientRect().top + scrollY < ${height})
    .map((one) => one.innerText.replace(/\\s+/g, ' ').trim()).filter((text) => text !== '').join('\\n')`;
}
