/** The agent is killed, told to end, or never hears of what it did. */
import { testScenarios } from './scenario-tests.ts';
import { answerScenarios } from './scenarios-answers.ts';
import { killScenarios } from './scenarios-kill.ts';
import { stopScenarios } from './scenarios-stop.ts';

testScenarios([...answerScenarios, ...killScenarios, ...stopScenarios]);
