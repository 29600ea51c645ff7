/**
 * Namespaces of a soak: some are managed all the time; one is managed, then not, and managed again. What fails there while
 * it is not must stay silent; what of that still shows when it is managed again must be told.
 */
import { pause } from './every.ts';
import { drawnMs } from './pace.ts';
import { CONTAINER, MANAGED_LABEL, reachNode, type Stage } from './stage.ts';

export const managedNamespaces = ['team-a', 'team-b', 'team-c'] as const;
const COMING_AND_GOING = 'team-visiting';
const SILENT_PODS = 6;

/** Makes them, all managed. */
export function makeNamespaces({ server }: Stage): void {
  for (const name of [...managedNamespaces, COMING_AND_GOING])
    server.ensureNamespace(name, { [MANAGED_LABEL]: 'true' });
  server.ensureNamespace('elsewhere', {});
}

/** Away and back once. Resolves when what failed meanwhile and still shows has been told. */
export async function awayAndBack(stage: Stage): Promise<void> {
  const { server, pace, random } = stage;
  server.ensureNamespace(COMING_AND_GOING, {});
  const silent = Array.from({ length: SILENT_PODS }, () => {
    const pod = stage.pod(COMING_AND_GOING, 'unmanaged');
    reachNode(pod);
    pod.run(CONTAINER);
    pod.exit(CONTAINER, { code: 2 });
    return pod;
  });
  await pause(drawnMs(pace.namespaceEvery, random), stage.ending);
  for (const pod of silent.splice(0, SILENT_PODS / 2)) stage.remove(pod);
  server.ensureNamespace(COMING_AND_GOING, { [MANAGED_LABEL]: 'true' });
  await Promise.all(silent.map((pod) => stage.told(pod, 1, 'unmanaged')));
  for (const pod of silent) stage.remove(pod);
}
