/** What one may do after the demo, said at its end. Pure. */
import type { DemoOptions } from './options.ts';
import type { Paint } from './paint.ts';

const STEPS: readonly (readonly [command: string, what: string])[] = [
  ['KEEP=1 make demo', 'leaves all of it running, with the status page'],
  ['CLUSTER=current make demo', 'shows what fails in the cluster of your kubeconfig, read only'],
  ['docs/operations/install.md', 'installs the agent into a cluster'],
];

/** What was just done is not offered again. */
export function renderNext({ cluster }: Pick<DemoOptions, 'cluster'>, paint: Paint): string {
  const steps = STEPS.filter(([command]) => !(cluster === 'current' && command.startsWith('CLUSTER')));
  const width = Math.max(...steps.map(([command]) => command.length));
  const lines = steps.map(([command, what]) => `  ${command.padEnd(width)}  ${paint.faint(what)}`);
  return `${paint.strong('What next')}\n${lines.join('\n')}\n`;
}
