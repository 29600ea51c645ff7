// `prepare`: gets what the tests on a real Kubernetes need, as far as that can be had here, and says what will be skipped.
//
// Builds the binaries into the cache (once a machine) and installs the Debian packages a node needs, the latter only as root where apt-get
// is. Nothing here is needed to run the agent.
import { spawn } from 'node:child_process';
import { clusterAvailability, nodeAvailability } from '../availability.ts';
import { readEnvironment } from '../environment.ts';
import { findBinaries } from '../find-binaries.ts';
import { kubernetesMinors, USUAL_KUBERNETES } from '../projects.ts';
import { findCommand, missingPackages } from '../node/requirements.ts';

function say(text: string): void {
  process.stdout.write(`cluster: ${text}\n`);
}

function run(command: string, args: readonly string[]): Promise<boolean> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
}

async function installPackages(): Promise<void> {
  const apt = findCommand('apt-get');
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || apt === undefined) return;
  const packages = missingPackages(readEnvironment().busybox);
  if (packages.length === 0) return;
  say(`installing ${packages.join(', ')} with apt-get`);
  const install = ['install', '--yes', '--no-install-recommends', ...packages];
  // A package list that is old or absent is the usual reason for a first attempt to fail.
  const isDone = (await run(apt, install)) || ((await run(apt, ['update'])) && (await run(apt, install)));
  if (!isDone) say('apt-get failed');
}

/** After that long nothing more is built that only a few tests need: a suite has to end on a slow machine as well. */
const ENOUGH_MS = 45 * 60_000;

/** The API servers of the other minors, for the tests of versions. Resolves to whether all are there. */
async function prepareOtherMinors(): Promise<boolean> {
  let isComplete = true;
  for (const minor of kubernetesMinors().filter((one) => one !== USUAL_KUBERNETES)) {
    const answer = await clusterAvailability({ kubernetes: minor, mayBuild: performance.now() < ENOUGH_MS });
    isComplete &&= answer.available;
    say(`Kubernetes ${minor}: ${answer.available ? 'ready' : `its tests will be skipped, ${answer.reason}`}`);
  }
  return isComplete;
}

/** Prepares this machine. The exit code is 1 only with `isRequired` and something missing. */
export async function prepare(isRequired: boolean): Promise<number> {
  await installPackages();
  const plane = await clusterAvailability({ controllers: true });
  say(plane.available ? 'control plane: ready' : `control plane: tests will be skipped, ${plane.reason}`);
  const node = await nodeAvailability();
  say(node.available ? 'node: ready' : `node: tests will be skipped, ${node.reason}`);
  const helm = await findBinaries(['helm']);
  say(helm.found ? 'helm: ready' : `helm: tests of the chart will be skipped, ${helm.reason}`);
  const hasOthers = await prepareOtherMinors();
  const promtool = await findBinaries(['promtool'], { mayBuild: performance.now() < ENOUGH_MS });
  say(promtool.found ? 'promtool: ready' : `promtool: tests of metrics and alerts will be skipped, ${promtool.reason}`);
  const isComplete = plane.available && node.available && helm.found && hasOthers && promtool.found;
  return isRequired && !isComplete ? 1 : 0;
}
