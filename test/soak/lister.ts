/**
 * The independent eye on the cluster of a soak: an operator's plain lists over the API, again and again. It shares no
 * code with the agent's reading of the API server, watches nothing, and takes each answer for itself.
 */
import { Agent, request } from 'undici';
import { MANAGED_LABEL } from './stage.ts';
import { shownByNode, shownByPod, type ListedObject, type Shown } from './shown.ts';

const WITHIN_MS = 20_000;

/** One look at everything. */
export interface Looked {
  /** Monotonic. */
  readonly beganMs: number;
  /** Wall clock, Ms. */
  readonly atMs: number;
  /** In namespaces that are managed, and of nodes. */
  readonly shown: readonly Shown[];
  /** In namespaces that are not. */
  readonly elsewhere: readonly Shown[];
  readonly pods: number;
}

export interface Lister extends AsyncDisposable {
  /** Rejects where the API server can't be asked. */
  readonly look: () => Promise<Looked>;
}

export function openLister(url: string, token: string, stuckAfterMs: number): Lister {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
  const list = async (resource: string): Promise<readonly ListedObject[]> => {
    const signal = AbortSignal.timeout(WITHIN_MS);
    const { statusCode, body } = await request(`${url}/api/v1/${resource}`, { headers, dispatcher, signal });
    const answer = (await body.json()) as { readonly items?: readonly ListedObject[] };
    if (statusCode !== 200 || answer.items === undefined) throw new Error(`${resource}: ${statusCode}`);
    return answer.items;
  };
  const look = async (): Promise<Looked> => {
    const beganMs = performance.now();
    const before = managedIn(await list('namespaces'));
    const [pods, nodes] = [await list('pods'), await list('nodes')];
    const atMs = Date.now();
    const after = managedIn(await list('namespaces'));
    // A namespace that changed meanwhile is left to the next look.
    const isIn = (names: ReadonlySet<string>, { metadata }: ListedObject): boolean =>
      names.has(metadata.namespace ?? '');
    const of = (chosen: readonly ListedObject[]): Shown[] =>
      chosen.flatMap((pod) => shownByPod(pod, atMs, stuckAfterMs));
    return {
      beganMs,
      atMs,
      shown: [
        ...of(pods.filter((pod) => isIn(before, pod) && isIn(after, pod))),
        ...nodes.flatMap((node) => shownByNode(node, atMs, stuckAfterMs)),
      ],
      elsewhere: of(pods.filter((pod) => !isIn(before, pod) && !isIn(after, pod))),
      pods: pods.length,
    };
  };
  return { look, [Symbol.asyncDispose]: () => dispatcher.destroy() };
}

function managedIn(namespaces: readonly ListedObject[]): ReadonlySet<string> {
  const managed = namespaces.filter(({ metadata }) => metadata.labels?.[MANAGED_LABEL] === 'true');
  return new Set(managed.map(({ metadata }) => metadata.name));
}
