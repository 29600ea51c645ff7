/**
 * A real Chromium, headless, driven over its own protocol (chromedevtools.github.io): one page, and what it shows.
 * Disposing of it ends the browser and removes its profile.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome'];
const program = PROGRAMS.find((name) => spawnSync(name, ['--version']).status === 0);

/** Why there is none to test with; false where there is. */
export const noChromium =
  program === undefined ? 'no Chromium on this machine (Debian: apt-get install chromium)' : false;

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--remote-debugging-port=0',
  'about:blank',
];

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: object;
  readonly error?: { readonly message: string };
}

export class Chromium implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #events = new Map<string, () => void>();
  #session = '';
  #lastId = 0;

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#hear(JSON.parse(String(data)) as Message));
  }

  static async start(): Promise<Chromium> {
    const profile = mkdtempSync(path.join(tmpdir(), 'watcher-chromium-'));
    const child = spawn(program ?? '', [...FLAGS, `--user-data-dir=${profile}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const url = await addressOf(child);
    const socket = new WebSocket(url);
    await once(socket, 'open');
    const browser = new Chromium(child, profile, socket);
    await browser.#attach();
    return browser;
  }

  /** Resolves once the page and all it loads are there. */
  async open(url: string): Promise<void> {
    const loaded = new Promise<void>((resolve) => this.#events.set('Page.loadEventFired', resolve));
    await this.send('Page.navigate', { url });
    await loaded;
  }

  /** As wide as this, in light or dark. */
  async look(width: number, scheme: 'light' | 'dark'): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', {
      width,
      height: 800,
      deviceScaleFactor: 1,
      mobile: width < 600,
    });
    await this.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
  }

  /** What an expression comes to in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result } = (await this.send('Runtime.evaluate', { expression, returnByValue: true })) as {
      result: { value: T };
    };
    return result.value;
  }

  async send(method: string, params: object = {}): Promise<object> {
    const id = (this.#lastId += 1);
    const answered = new Promise<Message>((resolve) => this.#answers.set(id, resolve));
    const sessionId = this.#session === '' ? {} : { sessionId: this.#session };
    this.#socket.send(JSON.stringify({ id, method, params, ...sessionId }));
    const { error, result = {} } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#socket.close();
    this.#child.kill('SIGKILL');
    await gone;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  async #attach(): Promise<void> {
    const { targetId } = (await this.send('Target.createTarget', { url: 'about:blank' })) as { targetId: string };
    const attached = (await this.send('Target.attachToTarget', { targetId, flatten: true })) as { sessionId: string };
    this.#session = attached.sessionId;
    await this.send('Page.enable');
  }

  #hear({ id, method, ...rest }: Message): void {
    if (id !== undefined) this.#answers.get(id)?.(rest);
    if (method !== undefined) this.#events.get(method)?.();
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('Chromium says nothing');
  for await (const line of createInterface({ input: child.stderr })) {
    const [, url] = /^DevTools listening on (ws:\S+)$/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('Chromium ended before it listened');
}
