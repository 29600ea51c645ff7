/** Every scenario there is, in the order of the table. */
import type { Scenario } from './scenario.ts';
import { killScenarios } from './scenarios-kill.ts';

export const allScenarios: readonly Scenario[] = [...killScenarios];
