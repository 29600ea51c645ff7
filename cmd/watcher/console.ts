/**
 * The process as a command sees it: what it prints goes to standard output and standard error, signals and a reader that
 * went away (EPIPE, as behind `| head`) become one AbortSignal. The only place that listens to signals.
 *
 * The first SIGTERM or SIGINT asks for an end, the second ends at once with 128 and its number. A command that does not
 * end by itself within two seconds of being asked is ended, unless it is one that `endsInOrder`. An error that nobody caught ends
 * the process with 1, after it was told.
 */
import type { Environment } from '../../internal/config/environment.ts';
import { CodedError, describeError } from '../../internal/platform/errors.ts';
import { isColoured, type ColourWish } from './colour.ts';
import type { LastWords, Terminal } from './command.ts';
import { codeOfSignal, exitCodes, signalNumbers, type EndingSignal } from './exit-codes.ts';

const GRACE_MS = 2000;

export const onProfileAsked = (listener: () => void): void => void process.on('SIGUSR2', listener);

/** A terminal that is closed sends it as well, and then it means the end. */
export const onDebugAsked = (listener: () => void): void => {
  if (!process.stdin.isTTY && !process.stdout.isTTY) process.on('SIGHUP', listener);
};

export function processTerminal(colour: ColourWish, environment: Environment): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTerminal: process.stdout.isTTY,
    isErrorTerminal: process.stderr.isTTY && environment['TERM'] !== 'dumb',
    isColoured: isColoured(colour, environment, process.stdout.isTTY),
  };
}

export function shutdownSignal(endsInOrder: boolean): AbortSignal {
  const controller = new AbortController();
  for (const name of Object.keys(signalNumbers) as EndingSignal[]) {
    process.on(name, () => {
      if (controller.signal.aborted && codeOfSignal(controller.signal.reason) !== 0) endNow(name);
      controller.abort(name);
      // eslint-disable-next-line no-restricted-globals -- its home, and no clock is left to ask
      if (!endsInOrder) setTimeout(() => endNow(name), GRACE_MS).unref();
    });
  }
  stopWhenNobodyReads(controller);
  return controller.signal;
}

function endNow(name: EndingSignal): never {
  // eslint-disable-next-line no-restricted-properties -- its home
  process.exit(codeOfSignal(name));
}

/** Without a listener, a write nobody reads would be an exception nobody handles. */
function stopWhenNobodyReads(controller: AbortController): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw new CodedError('OUTPUT_FAILED', describeError(error).message, { cause: error });
      if (stream === process.stdout) controller.abort('EPIPE');
    });
  }
}

/** Tells an error that nobody caught by `first`, until what is returned is given another way. */
export function endWhenUncaught(first: LastWords): (tell: LastWords) => void {
  let tell = first;
  process.once('uncaughtException', (error) => {
    void Promise.resolve(error)
      .then((uncaught) => tell(uncaught))
      // eslint-disable-next-line no-restricted-properties -- its home
      .finally(() => process.exit(exitCodes.failed));
  });
  return (other) => void (tell = other);
}
