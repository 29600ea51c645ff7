/**
 * A simulated API server by itself, for benchmarks and for looking at:
 *
 *   node test/support/simulated-apiserver/main.ts --pods 10000 --size rich
 *
 * Speaks JSON and protobuf. Prints one line of JSON with its address, a kubeconfig and the control door (control.ts), and
 * runs until SIGTERM, SIGINT or the end of its standard input, so that it never outlives who started it.
 */
import { fstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { protobufMetadata, protobufObjects } from '../simulated-protobuf.ts';
import { control, openControl } from './control.ts';
import { jsonMetadata, jsonObjects } from './json-encoder.ts';
import { SimulatedApiServer } from './server.ts';

const { values } = parseArgs({
  options: {
    pods: { type: 'string', default: '0' },
    size: { type: 'string', default: 'lean' },
    namespaces: { type: 'string', default: '20' },
    'pods-per-node': { type: 'string', default: '100' },
    'history-limit': { type: 'string', default: '20000' },
    'coalesce-ms': { type: 'string', default: '0' },
    port: { type: 'string', default: '0' },
    'control-port': { type: 'string', default: '0' },
    plain: { type: 'boolean', default: false },
  },
});

const size = values.size;
if (size !== 'lean' && size !== 'rich' && size !== 'large') throw new Error('--size is lean, rich or large');

const folder = mkdtempSync(path.join(tmpdir(), 'simulated-apiserver-'));
const server = await SimulatedApiServer.start({
  port: Number(values.port),
  tls: !values.plain,
  encoders: [jsonObjects, jsonMetadata, protobufObjects, protobufMetadata],
  historyLimit: Number(values['history-limit']),
  timing: { coalesceMs: Number(values['coalesce-ms']) },
});
const door = await openControl(
  server,
  {
    size,
    namespaces: Number(values.namespaces),
    podsPerNode: Number(values['pods-per-node']),
  },
  Number(values['control-port']),
);
if (Number(values.pods) > 0) await control(door.url, { command: 'load', pods: Number(values.pods) });

const kubeconfig = server.writeKubeconfig(path.join(folder, 'kubeconfig'));
process.stdout.write(
  `${JSON.stringify({ url: server.url, kubeconfig, control: door.url, token: server.adminToken, pid: process.pid })}\n`,
);

let isStopping = false;
async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await door.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
// A pipe ends with whoever holds its other end; a terminal or /dev/null says nothing.
if (fstatSync(0).isFIFO() || fstatSync(0).isSocket()) process.stdin.once('end', () => void stop()).resume();
