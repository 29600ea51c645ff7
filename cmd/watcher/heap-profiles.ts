/**
 * The heap profile that SIGUSR2 asks for: written beside the outbox, for `go tool pprof`. Holds names of functions and
 * sizes, no data. The profiler is loaded with the first profile.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import type { Logger } from '../../internal/platform/log.ts';
import type { Profiler } from '../../internal/server/profiler.ts';

const KEPT = 5;
const NAME = /^heap-[0-9TZ.-]+\.pb\.gz$/;

export interface HeapProfiles {
  profiler(): Promise<Profiler>;
  /** Writes one and says where in the log. Never rejects. */
  write(): Promise<void>;
  stop(): Promise<void>;
}

export function heapProfiles(outbox: Pick<Outbox, 'describe'>, clock: Clock, logger: Logger): HeapProfiles {
  let made: Promise<Profiler> | undefined;
  const profiler = (): Promise<Profiler> =>
    (made ??= import('../../internal/server/profiler.ts').then(({ Profiler: Made }) => new Made(clock)));
  return {
    profiler,
    write: async () => {
      try {
        const { file } = await outbox.describe();
        if (file === undefined) throw new CodedError('OUTBOX_MISSING', 'no data directory to write a profile to');
        logger.info('taking a heap profile');
        const path = join(dirname(file.path), `heap-${new Date(clock.now()).toISOString().replaceAll(':', '-')}.pb.gz`);
        writeFileSync(path, await (await profiler()).heap(), { mode: 0o600, flag: 'wx' });
        keepLatest(dirname(path));
        logger.info({ path }, 'heap profile written: go tool pprof shows it');
      } catch (err) {
        const code = err instanceof CodedError ? err.code : 'OUTPUT_FAILED';
        logger.error({ err, code }, 'no heap profile');
      }
    },
    stop: async () => (await made)?.stop(),
  };
}

/** Their names sort by time. */
function keepLatest(dir: string): void {
  const all = readdirSync(dir)
    .filter((name) => NAME.test(name))
    .sort();
  for (const name of all.slice(0, -KEPT)) rmSync(join(dir, name), { force: true });
}
