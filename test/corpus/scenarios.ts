/** All scenarios of the corpus, in the order of the scorecard. */
import type { Scenario } from './scenario.ts';
import { containers } from './scenarios/containers.ts';
import { jobs } from './scenarios/jobs.ts';
import { nodes } from './scenarios/nodes.ts';
import { planned } from './scenarios/planned.ts';
import { pods } from './scenarios/pods.ts';
import { starts } from './scenarios/starts.ts';
import { stuck } from './scenarios/stuck.ts';

export const scenarios: readonly Scenario[] = [
  ...containers,
  ...starts,
  ...stuck,
  ...pods,
  ...jobs,
  ...planned,
  ...nodes,
];
