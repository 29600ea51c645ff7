/** Two replicas, of which one leads, until it does not. */
import { testScenarios } from './scenario-tests.ts';
import { fullScenarios } from './scenarios-full.ts';
import { leaderScenarios } from './scenarios-leader.ts';
import { leaseScenarios } from './scenarios-lease.ts';
import { rolloutScenarios } from './scenarios-rollout.ts';

testScenarios([...leaderScenarios, ...leaseScenarios, ...fullScenarios, ...rolloutScenarios]);
