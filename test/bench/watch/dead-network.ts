/**
 * How long it takes until a connection notices that the network is gone without a word, each in a network of its own:
 *
 *   unshare --net node test/bench/watch/dead-network.ts      (as root)
 *
 * Two hosts, which are this network namespace and a second one, joined by a cable. Each client opens a connection and waits for
 * bytes, then the other host forgets its way back: its kernel hears everything and answers nothing. Printed is when the
 * client was told. `the agent` dials as internal/kubernetes/transport-dial.ts does; the others are Node's and undici's defaults.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { request as undiciRequest } from 'undici';
import { dialer } from '../../../internal/kubernetes/transport-dial.ts';
import { systemClock } from '../../../internal/platform/clock.ts';

const HERE = '10.99.0.1';
const THERE = '10.99.0.2';
const [HTTP1, HTTP2] = [8001, 8002];
const WITHIN_MS = 150_000;

/** Both servers answer with a head and then nothing. */
const SERVERS = `
  require('node:http').createServer((q, a) => { a.writeHead(200); a.flushHeaders(); a.write('x'); }).listen(${HTTP1}, () =>
  require('node:http2').createServer((q, a) => { a.writeHead(200); a.write('x'); }).listen(${HTTP2}, () => console.log('listening')));
`;

/** Resolves, once bytes have come, with what will emit the error. */
const clients: Readonly<Record<string, () => Promise<NodeJS.EventEmitter>>> = {
  'the agent: TCP keep-alive after 15 s, then each second': async () => {
    const dial = dialer({ host: THERE, port: HTTP1, tls: undefined, proxy: undefined }, systemClock());
    const socket = await dial(new AbortController().signal);
    socket.write(`GET / HTTP/1.1\r\nhost: x\r\n\r\n`);
    await once(socket, 'data');
    return socket;
  },
  'node:http': async () => {
    const sent = get(`http://${THERE}:${HTTP1}/`);
    const [answer] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
    await once(
      answer.on('error', () => undefined),
      'data',
    );
    return sent;
  },
  'node:http2': async () => {
    const session = connectHttp2(`http://${THERE}:${HTTP2}`);
    const stream = session.request({ ':path': '/' });
    await once(stream, 'data');
    return session;
  },
  undici: async () => {
    const { body } = await undiciRequest(`http://${THERE}:${HTTP1}/`, { bodyTimeout: 0 });
    await once(body, 'data');
    return body;
  },
};

const run = (command: string): void => {
  execFileSync('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] });
};

async function main(): Promise<void> {
  const program = `setInterval(() => 0, 1000);console.log('up');process.stdin.once('data', () => {${SERVERS}})`;
  const other = spawn('unshare', ['--net', process.execPath, '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(other.stdout, 'data');
    const inside = `nsenter --net=/proc/${other.pid}/ns/net`;
    run('ip link set lo up; ip link add va type veth peer name vb');
    run(`ip link set vb netns ${other.pid}; ip addr add ${HERE}/24 dev va; ip link set va up`);
    run(`${inside} ip addr add ${THERE}/24 dev vb; ${inside} ip link set vb up`);
    other.stdin.write('go');
    await once(other.stdout, 'data');
    await watchThemBreak(() => run(`${inside} ip route del 10.99.0.0/24 dev vb`));
  } finally {
    other.kill('SIGKILL');
  }
}

async function watchThemBreak(breakIt: () => void): Promise<void> {
  const opened = new Map<string, NodeJS.EventEmitter>();
  for (const [name, open] of Object.entries(clients)) opened.set(name, await open());
  breakIt();
  const startedMs = performance.now();
  const late = sleep(WITHIN_MS, 'nothing');
  const told = [...opened].map(async ([name, emitter]) => {
    const failed = new Promise<string>((resolve) => {
      emitter.on('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message));
    });
    const how = await Promise.race([failed, late]);
    process.stdout.write(`${((performance.now() - startedMs) / 1000).toFixed(0)} s  ${name}: ${how}\n`);
  });
  await Promise.all(told);
}

await main();
process.exit(0);
