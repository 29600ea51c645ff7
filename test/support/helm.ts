/** Helm as tests use it: renders the chart with given values, as objects or as it was written. Needs no cluster. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { findBinaries } from '../cluster/find-binaries.ts';

export const CHART = 'deploy/chart';

/** What no install goes without. */
export const required = { restateUrl: 'https://restate.example.com:8080', clusterId: 'prod-eu-1' } as const;

export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: unknown;
  readonly spec?: unknown;
}

export interface Helm {
  /** Rejects with what Helm says. */
  readonly run: (args: readonly string[], values?: object) => Promise<string>;
  /** The same; what it and the API server warned of. */
  readonly warnings: (args: readonly string[], values?: object) => Promise<string>;
  /** The text of `helm template`. */
  readonly template: (values: object, args?: readonly string[]) => Promise<string>;
  /** Its objects. */
  readonly render: (values: object, args?: readonly string[]) => Promise<Rendered[]>;
}

export type FoundHelm =
  { readonly available: true; readonly helm: Helm } | { readonly available: false; readonly reason: string };

const run = promisify(execFile);

export async function findHelm(): Promise<FoundHelm> {
  const found = await findBinaries(['helm']);
  if (!found.found) return { available: false, reason: `no Helm here: ${found.reason}` };
  return { available: true, helm: helmAt(found.paths['helm'] ?? 'helm') };
}

function helmAt(binary: string): Helm {
  const told = async (args: readonly string[], values?: object): Promise<{ stdout: string; stderr: string }> => {
    const running = run(binary, [...args, ...(values === undefined ? [] : ['--values', '-'])], {
      maxBuffer: 16 * 1024 * 1024,
      timeout: 60_000,
    });
    running.child.stdin?.end(values === undefined ? '' : JSON.stringify(values));
    return running;
  };
  const runHelm: Helm['run'] = async (args, values) => (await told(args, values)).stdout;
  const template: Helm['template'] = (values, args = []) =>
    runHelm(['template', 'watcher', CHART, '--namespace', 'agents', ...args], values);
  return {
    run: runHelm,
    warnings: async (args, values) => (await told(args, values)).stderr,
    template,
    render: async (values, args) => objectsIn(await template(values, args)),
  };
}

/** The objects of a stream of YAML documents. */
export function objectsIn(text: string): Rendered[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null);
}
