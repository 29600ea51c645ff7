/** Writes lines to a new file or to standard output, no faster than they are taken, so that any amount costs no memory. */
import { open, unlink } from 'node:fs/promises';
import { CodedError, describeError, type ErrorCode } from '../../internal/platform/errors.ts';

export interface LineSink {
  /** False once nobody reads any more, as behind `| head`: then there is no use in going on. */
  write(line: string): Promise<boolean>;
  close(): Promise<void>;
  /** Instead of `close`: a file that is not whole is removed. */
  discard(): Promise<void>;
}

/** Rejects with `failure` where `file` exists already or can't be written. Readable by its owner only. */
export function openLineSink(file: string | undefined, failure: ErrorCode): Promise<LineSink> {
  return file === undefined ? Promise.resolve(standardOutput()) : newFile(file, failure);
}

async function newFile(file: string, failure: ErrorCode): Promise<LineSink> {
  const coded = (cause: unknown): never => {
    throw new CodedError(failure, `${file}: ${describeError(cause).message}`, { cause });
  };
  const handle = await open(file, 'wx', 0o600).catch(coded);
  return {
    write: async (line) => {
      await handle.write(`${line}\n`).catch(coded);
      return true;
    },
    close: async () => {
      await handle.sync().catch(coded);
      await handle.close();
    },
    discard: async () => {
      await handle.close();
      await unlink(file);
    },
  };
}

function standardOutput(): LineSink {
  const { stdout } = process;
  let isOpen = true;
  stdout.on('error', () => (isOpen = false));
  return {
    write: (line) =>
      new Promise((resolve) => {
        if (!isOpen) resolve(false);
        else stdout.write(`${line}\n`, (error) => resolve(error === undefined || error === null));
      }),
    close: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
}
