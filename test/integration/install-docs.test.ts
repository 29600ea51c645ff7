/** Every command that the pages on installation show is run, in their order, against a real API server. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { findHelm } from '../support/helm.ts';

const machine = await clusterAvailability();
const found = await findHelm();
const skip = machine.available ? (found.available ? false : found.reason) : machine.reason;

const commandsIn = (page: string): string[] =>
  [...readFileSync(page, 'utf8').matchAll(/^ {4}((?:helm|kubectl|watcher) .*)$/gm)].map(([, line = '']) => line);

for (const page of ['docs/operations/install.md', 'deploy/chart/README.md']) {
  describe(page, { skip, timeout: 600_000 }, () => {
    const { helm } = found as Extract<typeof found, { available: true }>;
    const stack = new AsyncDisposableStack();
    let cluster: Cluster;
    before(async () => {
      cluster = stack.use(await startCluster());
    });
    after(() => stack.disposeAsync());

    async function run(command: string): Promise<void> {
      const [program, ...args] = command.split(' ');
      if (program === 'helm') await helm.run([...args, '--kubeconfig', cluster.kubeconfigPath]);
      else if (program === 'watcher') await runOurs(args);
      // There is no node, so no pod to run it in: what would be run there is run here.
      else if (args[0] === 'exec')
        await runOurs([...args.slice(args.indexOf('watcher', args.indexOf('--')) + 1), '--help']);
      else await cluster.kubectl([...args, '--dry-run=server']);
    }

    async function runOurs(args: readonly string[]): Promise<void> {
      const { code, out, err } = await runWatcher(args, { environment: { KUBECONFIG: cluster.kubeconfigPath } });
      assert.ok(out !== '' && err === '', `${args.join(' ')}: ${code} ${err}`);
    }

    for (const [at, command] of commandsIn(page).entries()) {
      test(`shows a command that works: ${at + 1}. ${command}`, () => run(command));
    }
  });
}
