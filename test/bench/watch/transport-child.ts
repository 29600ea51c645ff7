/**
 * One transport in a process of its own, holding a watch of all pods that begins with their list:
 *
 *   node transport-child.ts KUBECONFIG CLIENT
 *
 * Reads bytes and nothing else, since what is done with them is the same for all. Says `synced` at the end of the list, and
 * `over: HOW` when the watch is. Dials THROUGH_PORT where that is set.
 */
import { clients, serverOf } from './transport-clients.ts';

const PATH =
  '/api/v1/pods?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=3600';
const ACCEPT = 'application/vnd.kubernetes.protobuf;stream=watch';
/** The annotation of the bookmark at the end of the list, which may come in two pieces. */
const END = Buffer.from('k8s.io/initial-events-end');

const [kubeconfig = '', name = ''] = process.argv.slice(2);
const client = clients[name]?.(serverOf(kubeconfig, process.env['THROUGH_PORT']));
if (client === undefined) throw new Error(`no client ${name}`);

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

let isSynced = false;
let before = Buffer.alloc(0);

function look(chunk: Buffer): void {
  if (isSynced) return;
  isSynced = chunk.includes(END) || Buffer.concat([before, chunk.subarray(0, END.length)]).includes(END);
  before = Buffer.from(chunk.subarray(-END.length));
  if (isSynced) say('synced');
}

await client.read({ path: PATH, accept: ACCEPT }, look).then(
  (how) => say(`over: ${how}`),
  (error: unknown) => say(`over: error ${describe(error)}`),
);
process.exit(0);

function describe(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  return code === undefined ? message : `${code}: ${message}`;
}
