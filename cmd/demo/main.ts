/**
 * `make demo`: reads what is wanted, runs the demo, ends with its exit code. The first Ctrl-C asks for an orderly end, the
 * second ends at once; what was started is stopped by its guards then.
 */
import { processEnvironment } from '../../internal/config/environment.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { systemRandom } from '../../internal/platform/random.ts';
import { runDemo } from './demo.ts';
import { readOptions, USAGE } from './options.ts';
import { paintFor } from './paint.ts';
import { DemoProblem, problemText } from './problem.ts';
import { endSignal } from './end-signal.ts';

const environment = processEnvironment();
const isTerminal = process.stdout.isTTY;
const terminal = {
  write: (text: string): void => void process.stdout.write(text),
  isTerminal,
  paint: paintFor(isTerminal, environment),
};

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    terminal.write(USAGE);
    return 0;
  }
  if (args.length > 0) throw new DemoProblem('OPTION_INVALID', `no arguments are understood: ${args.join(' ')}`);
  const parts = { environment, clock: systemClock(), random: systemRandom(), terminal, signal: endSignal() };
  return (await runDemo(readOptions(environment), parts)) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(problemText(error));
  return 1;
});
