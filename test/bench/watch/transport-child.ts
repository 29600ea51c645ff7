/**
 * One transport in a process of its own:
 *
 *   node transport-child.ts KUBECONFIG CLIENT PODS bytes|facts
 *
 * Streams the list of all pods as a watch several times, and prints CPU µs a pod: of the first time, compiling and handshake
 * included, and the median of the others; and how many chunks the answer came in.
 */
import { resourceOf } from './transport-pods.ts';
import { median } from '../bench.ts';
import { clients, serverOf } from './transport-clients.ts';

const STREAMED =
  '/api/v1/pods?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan';
const ACCEPT = 'application/vnd.kubernetes.protobuf;stream=watch';
const PASSES = 6;

const [kubeconfig = '', name = '', pods = '0', depth = 'bytes'] = process.argv.slice(2);
const client = clients[name]?.(serverOf(kubeconfig));
if (client === undefined) throw new Error(`no client ${name}`);
const count = Number(pods);
let chunks = 0;

/** The end of the initial events: the annotation of their bookmark. */
const END = Buffer.from('k8s.io/initial-events-end');

async function pass(): Promise<number> {
  const before = process.cpuUsage();
  const reader = depth === 'facts' ? resourceOf() : undefined;
  await client?.read({ path: STREAMED, accept: ACCEPT }, (chunk) => {
    chunks += 1;
    if (reader !== undefined) return reader.push(chunk);
    return chunk.subarray(-400).includes(END);
  });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

const first = await pass();
const others: number[] = [];
for (let done = 1; done < PASSES; done++) others.push(await pass());
await client.close();
const result = { first, later: median(others), chunks: Math.round(chunks / PASSES) };
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
