/**
 * A wall clock of its own for a process: a library put before the C library's adds to CLOCK_REALTIME what a file says, at
 * each reading. The monotonic clock is left alone, as it is where an operator or NTP sets the time. Needs a C compiler.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const SOURCE = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
static int (*real)(clockid_t, struct timespec *);
static volatile long long *offset_ms;
static void load(void) {
  if (real) return;
  real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  const char *file = getenv("WALL_CLOCK_FILE");
  int fd = file ? open(file, O_RDONLY) : -1;
  if (fd < 0) return;
  void *page = mmap(0, 8, PROT_READ, MAP_SHARED, fd, 0);
  if (page != MAP_FAILED) offset_ms = page;
}
int clock_gettime(clockid_t id, struct timespec *at) {
  load();
  int result = real(id, at);
  if (result != 0 || !offset_ms || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) return result;
  long long ns = at->tv_nsec + (*offset_ms % 1000) * 1000000LL;
  at->tv_sec += *offset_ms / 1000;
  if (ns < 0) { ns += 1000000000LL; at->tv_sec -= 1; }
  if (ns >= 1000000000LL) { ns -= 1000000000LL; at->tv_sec += 1; }
  at->tv_nsec = ns;
  return 0;
}
int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
`;

export interface WallClock {
  /** What the process needs in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** From now on it is so far ahead of the machine's. */
  readonly set: (aheadMs: number) => void;
}

/** Why there can be none; undefined where there can. */
export function wallClockUnavailable(): string | undefined {
  const { status } = spawnSync('gcc', ['--version'], { stdio: 'ignore' });
  return process.platform === 'linux' && status === 0 ? undefined : 'no gcc to make a wall clock that can be set';
}

/** Compiles once for each folder; makes a clock in it. */
export function wallClock(folder: string, name: string): WallClock {
  const library = path.join(folder, 'wall-clock.so');
  const built = spawnSync('gcc', ['-shared', '-fPIC', '-O1', '-o', library, '-xc', '-', '-ldl'], { input: SOURCE });
  if (built.status !== 0) throw new Error(`gcc: ${built.stderr.toString()}`);
  const file = path.join(folder, `wall-clock-of-${name}`);
  const set = (aheadMs: number): void => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(Math.round(aheadMs)));
    writeFileSync(file, bytes, { flag: 'r+' });
  };
  writeFileSync(file, Buffer.alloc(8));
  return { environment: { LD_PRELOAD: library, WALL_CLOCK_FILE: file }, set };
}
