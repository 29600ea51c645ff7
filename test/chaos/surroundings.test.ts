/** What the agent stands on goes wrong: the servers it talks to, its disk, its file, its release. */
import { testScenarios } from './scenario-tests.ts';
import { diskScenarios } from './scenarios-disk.ts';
import { outboxScenarios } from './scenarios-outbox.ts';
import { serverScenarios } from './scenarios-servers.ts';
import { versionScenarios } from './scenarios-version.ts';

testScenarios([...diskScenarios, ...outboxScenarios, ...serverScenarios, ...versionScenarios]);
