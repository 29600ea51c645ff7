/**
 * The commands at a terminal, in a pipe, and interrupted: colours and progress on a real pseudo-terminal only, a reader that
 * goes away ends them quietly, Ctrl-C ends them with what they made half taken away.
 */
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startCliWorld, type CliWorld } from '../support/cli-world.ts';
import { KubeconfigDir } from '../support/e2e-kubeconfig.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';

const WATCHER = [process.execPath, 'cmd/watcher/main.ts'] as const;
const run = promisify(execFile);

const stack = new AsyncDisposableStack();
let world: CliWorld;
let mute: MuteServer;
before(async () => {
  const plane = await startScriptedIngress();
  stack.defer(() => plane.stop());
  world = stack.use(await startCliWorld(plane.url));
  mute = stack.use(await MuteServer.start());
});
after(() => stack.disposeAsync());

/** An API server that takes connections and never says a word. */
class MuteServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #files = new KubeconfigDir();
  readonly #sockets = new Set<{ destroy(): void }>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#sockets.add(socket.on('error', () => undefined)));
  }

  static async start(): Promise<MuteServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new MuteServer(server);
  }

  /** Resolves when somebody has come to it. */
  visited(): Promise<unknown> {
    return once(this.#server, 'connection');
  }

  get kubeconfig(): string {
    const server = `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this.#files.kubeconfig({ server, ca: world.cluster.caPem, user: { token: 'none' } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
    this.#files[Symbol.dispose]();
  }
}

const hasScript = spawnSync('script', ['--version']).status === 0;
const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');

/** Everything it wrote on a terminal of its own, and how it ended. */
async function onTerminal(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly shown: string; readonly code: number }> {
  const child = spawn('script', ['-qec', quoted([...WATCHER, ...args]), '/dev/null'], {
    env: { ...world.environment, TERM: 'xterm-256color', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  const [code] = (await once(child, 'close')) as [number];
  return { shown, code };
}

/** What comes out of a pipe. */
async function inPipe(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const [program, ...rest] = WATCHER;
  const env = { ...world.environment, TERM: 'xterm-256color', ...environment };
  const told = await run(program, [...rest, ...args], { env }).catch((error: unknown) => error as { stdout: string });
  return told.stdout;
}

const ESCAPE = '\u001b';
const commands = [
  { args: ['scan', '-A'], red: `${ESCAPE}[31mImagePullBackOff` },
  { args: ['check'], red: `${ESCAPE}[32mworks` },
];

describe('on a terminal', { skip: hasScript ? false : 'no `script` here', timeout: 180_000, concurrency: 2 }, () => {
  for (const { args, red } of commands) {
    test(`${args.join(' ')} is coloured, unless NO_COLOR, TERM=dumb or --color=never says not`, async () => {
      const { shown } = await onTerminal(args);
      assert.ok(shown.includes(red), shown);
      for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
        assert.ok(!(await onTerminal(args, environment)).shown.includes(`${ESCAPE}[3`));
      }
      assert.ok(!(await onTerminal([...args, '--color=never'])).shown.includes(`${ESCAPE}[3`));
    });
  }

  test('what takes longer than a second shows where it stands, and takes that away again', async () => {
    const args = ['scan', '-A', `--kubeconfig=${mute.kubeconfig}`, '--kube-timeout=3s'];
    const { shown, code } = await onTerminal(args);
    assert.equal(code, 2);
    assert.ok(shown.startsWith(`\r${ESCAPE}[Kasking the API server ...\r${ESCAPE}[Kwatcher: API_`), shown);
  });
});

describe('in a pipe', { timeout: 180_000, concurrency: 2 }, () => {
  for (const { args, red } of commands) {
    test(`${args.join(' ')} is plain, unless FORCE_COLOR or --color says otherwise`, async () => {
      assert.ok(!(await inPipe(args)).includes(ESCAPE));
      assert.ok((await inPipe(args, { FORCE_COLOR: '1' })).includes(red));
      assert.ok((await inPipe([...args, '--color'], { NO_COLOR: '1' })).includes(red));
    });
  }

  for (const args of [
    ['outbox', 'list', '--limit=0', '-o', 'json'],
    ['outbox', 'export'],
    ['replay', 'test/corpus/recordings/drain.ndjson', '--enabled-reasons=*'],
    ['--help'],
  ]) {
    test(`${args.join(' ')} ends quietly once nobody reads`, async () => {
      const words = args[0] === 'outbox' ? [...args, `--data-dir=${world.idleDir()}`] : args;
      const line = `{ ${quoted([...WATCHER, ...words])}; echo "ended with $?" >&2; } | head -c 1`;
      const { stderr } = await run('bash', ['--norc', '-c', line], { env: world.environment });
      assert.match(stderr, /^(\d+ waiting, [^\n]*exported\n|\d+ events told; [^\n]*\n)?ended with 0\n$/);
    });
  }
});

describe('a signal', { timeout: 180_000 }, () => {
  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    for (const words of [['scan', '-A'], ['check']]) {
      test(`${signal} ends ${words.join(' ')} with ${expected} and without a word`, async () => {
        const [program, ...rest] = WATCHER;
        const args = [...rest, ...words, `--kubeconfig=${mute.kubeconfig}`, '--kube-timeout=60s'];
        const visited = mute.visited();
        const child = spawn(program, args, { env: world.environment, stdio: ['ignore', 'pipe', 'pipe'] });
        let told = '';
        for (const stream of [child.stdout, child.stderr])
          stream.on('data', (text: Buffer) => (told += text.toString()));
        await visited;
        child.kill(signal);
        const [code] = (await once(child, 'close')) as [number];
        assert.deepEqual([code, told], [expected, '']);
      });
    }
  }

  test('SIGINT ends a recording in order, with 0 and all that was seen', async () => {
    const file = path.join(world.dir, 'interrupted.ndjson');
    const [program, ...rest] = WATCHER;
    const child = spawn(program, [...rest, 'record', '-A', `--file=${file}`], {
      env: world.environment,
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let told = '';
    const begun = Promise.withResolvers<undefined>();
    child.stderr.on('data', (text: Buffer) => {
      told += text.toString();
      if (told.includes('Ctrl-C ends it')) begun.resolve(undefined);
    });
    await begun.promise;
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number];
    assert.match(told, /^recording; Ctrl-C ends it\n(\d+ events recorded\n)?/);
    assert.equal(code, 0, told);
    assert.ok(existsSync(file));
  });
});
