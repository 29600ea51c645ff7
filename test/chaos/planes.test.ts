/** Planes that misbehave. */
import { testScenarios } from './scenario-tests.ts';
import { planeScenarios } from './scenarios-plane.ts';

testScenarios([...planeScenarios]);
