/** The status page as a person sees it, in a real browser. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../internal/platform/clock.ts';
import { buildDebug } from '../../internal/server/debug.ts';
import { listen } from '../../internal/server/http.ts';
import { Profiler } from '../../internal/server/profiler.ts';
import { Chromium, noChromium } from '../support/chromium.ts';
import { statusExample } from '../support/status-example.ts';

/** Lightness of a CSS colour such as `rgb(10, 122, 51)`, as WCAG 2.2 defines relative luminance. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const colorOf = (selector: string): string => `getComputedStyle(document.querySelector('${selector}')).color`;
/** What the system paints behind the page, since the page has no background of its own. */
const CANVAS = `(() => { const d = document.createElement('div'); d.style.backgroundColor = 'Canvas';
  document.body.append(d); const color = getComputedStyle(d).backgroundColor; d.remove(); return color; })()`;

/** Headings, names of checks, states and reasons that take more than one line. */
const BROKEN_WORDS = `[...document.querySelectorAll('th, td:first-child, .good, .bad, .word, time, td code')]
  .filter((one) => {
    const range = document.createRange();
    range.selectNodeContents(one);
    const tops = [...range.getClientRects()].map(({ top }) => top);
    return !/\\s/.test(one.innerText) && Math.max(...tops) - Math.min(...tops) > 8;
  })
  .map((one) => one.innerText)`;

describe('the status page in Chromium', { skip: noChromium, timeout: 120_000 }, () => {
  test('fits a phone and a desk, and can be read in light and in dark', async () => {
    await using resources = new AsyncDisposableStack();
    const clock = systemClock();
    const profiler = new Profiler(clock);
    const status = () => ({ ...statusExample, cluster_id: `prod-${'x'.repeat(80)}` });
    const app = buildDebug({ clock, profiler, status, token: undefined, heapSnapshots: false, explain: () => ({}) });
    const server = await listen(app, { host: '127.0.0.1', port: 0 });
    resources.defer(() => server.close());
    const browser = resources.use(await Chromium.start());
    for (const width of [360, 1280]) {
      for (const scheme of ['light', 'dark'] as const) {
        await browser.look(width, scheme);
        await browser.open(`http://127.0.0.1:${server.port}/`);
        const seen = `${width} wide, ${scheme}`;
        assert.match(await browser.evaluate<string>('document.body.innerText'), /OOMKilled/, seen);
        const overflow = await browser.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        assert.ok(overflow <= 0, `${seen}: ${overflow} pixels wider than the screen`);
        assert.deepEqual(await browser.evaluate<string[]>(BROKEN_WORDS), [], `${seen}: broken within a word`);
        const canvas = await browser.evaluate<string>(CANVAS);
        for (const selector of ['body', '.good', '.bad']) {
          const ratio = contrast(await browser.evaluate<string>(colorOf(selector)), canvas);
          assert.ok(
            ratio >= 4.5,
            `${seen}: ${selector} has a contrast of ${ratio.toFixed(1)}, 4.5 is needed (WCAG AA)`,
          );
        }
        const isDark = luminance(canvas) < 0.5;
        assert.equal(isDark, scheme === 'dark', `${seen}: ${canvas}`);
      }
    }
  });
});
