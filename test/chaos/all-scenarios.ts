/** Every scenario there is, in the order of the table. */
import type { Scenario } from './scenario.ts';
import { answerScenarios } from './scenarios-answers.ts';
import { diskScenarios } from './scenarios-disk.ts';
import { fullScenarios } from './scenarios-full.ts';
import { killScenarios } from './scenarios-kill.ts';
import { leaderScenarios } from './scenarios-leader.ts';
import { leaseScenarios } from './scenarios-lease.ts';
import { outboxScenarios } from './scenarios-outbox.ts';
import { planeScenarios } from './scenarios-plane.ts';
import { rolloutScenarios } from './scenarios-rollout.ts';
import { serverScenarios } from './scenarios-servers.ts';
import { stopScenarios } from './scenarios-stop.ts';
import { versionScenarios } from './scenarios-version.ts';

export const allScenarios: readonly Scenario[] = [
  ...killScenarios,
  ...answerScenarios,
  ...serverScenarios,
  ...stopScenarios,
  ...diskScenarios,
  ...leaderScenarios,
  ...leaseScenarios,
  ...fullScenarios,
  ...planeScenarios,
  ...outboxScenarios,
  ...versionScenarios,
  ...rolloutScenarios,
];
