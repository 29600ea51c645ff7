/**
 * What takes too long for every run of the suite: `node tools/nightly.ts`, or `make nightly`. The same tests with a
 * million damaged frames, a million pods that come and go, ten thousand histories of the outbox, a thousand lives of
 * pods in each kind of trouble, and its files with every byte other than written. Exit code 1 if anything failed.
 */
import { spawn } from 'node:child_process';

const FILES = [
  'test/model/protobuf.test.ts',
  'test/model/churn.test.ts',
  'test/model/outbox.test.ts',
  'test/model/outbox-drain.test.ts',
  'test/model/replay.model.test.ts',
  'test/model/replay-recorded.model.test.ts',
  'test/unit/pipeline/outbox-sqlite.damage.test.ts',
];
const ENVIRONMENT = {
  FUZZ_RUNS: '1000000',
  REPLAY_RUNS: '1000',
  REPLAY_RECORDED_RUNS: '20',
  CHURN_PODS: '1000000',
  OUTBOX_MODEL_RUNS: '10000',
  OUTBOX_DAMAGE: 'every',
};
const FILE_TIMEOUT_MS = 2 * 3_600_000;

const args = ['--test', `--test-timeout=${FILE_TIMEOUT_MS}`, ...FILES];
const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...ENVIRONMENT, ...process.env } });
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
