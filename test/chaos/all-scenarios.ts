/** Every scenario there is, in the order of the table. */
import type { Scenario } from './scenario.ts';
import { answerScenarios } from './scenarios-answers.ts';
import { diskScenarios } from './scenarios-disk.ts';
import { killScenarios } from './scenarios-kill.ts';
import { serverScenarios } from './scenarios-servers.ts';
import { stopScenarios } from './scenarios-stop.ts';

export const allScenarios: readonly Scenario[] = [
  ...killScenarios,
  ...answerScenarios,
  ...serverScenarios,
  ...stopScenarios,
  ...diskScenarios,
];
