/**
 * The reference plane as a process: serves, registers if asked to, and ends on SIGTERM or SIGINT. Calls that are under
 * way when it ends are run again by Restate once it is back.
 */
import { systemClock } from '../../internal/platform/clock.ts';
import { createLogger } from '../../internal/platform/log.ts';
import type { LateNews } from './cluster/lateness.ts';
import { parseFlags, usage, type PlaneFlags } from './flags.ts';
import { registerPlane } from './register.ts';
import { servePlane } from './serve.ts';

const REGISTER_WITHIN_MS = 60_000;

const logger = createLogger({ level: 'info' });
const clock = systemClock();

async function run(flags: PlaneFlags): Promise<void> {
  const plane = await servePlane({
    ...flags,
    clock,
    tellLate,
    log: (line) => logger.warn({ code: 'PLANE_HANDLER_FAILED' }, line),
  });
  const stop = (): void => {
    void plane.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (!isLoopback(flags.host) && flags.identityKeys.length === 0) {
    logger.warn(
      { code: 'PLANE_UNGUARDED' },
      'anyone who reaches this address may call every handler: give --identity-key, or listen on the loopback',
    );
  }
  const planeUrl = flags.advertise ?? plane.url;
  const registration =
    flags.register === undefined
      ? 'not asked for'
      : await registerPlane({ adminUrl: flags.register, planeUrl, clock, deadlineMs: REGISTER_WITHIN_MS });
  logger.info({ url: plane.url, registration }, 'plane is ready');
}

function tellLate(news: LateNews): void {
  if (news.what === 'silent') logger.warn({ ...news, code: 'CLUSTER_LATE' }, 'nothing is heard of a cluster');
  else if (news.what === 'no-leader') logger.warn({ ...news, code: 'CLUSTER_LATE' }, 'no agent of a cluster leads');
  else logger.info(news, news.what === 'back' ? 'a late cluster is back' : 'a cluster is forgotten');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

const parsed = parseFlags(process.argv.slice(2));
switch (parsed.kind) {
  case 'help':
    process.stdout.write(usage);
    break;
  case 'problems':
    process.stderr.write(`${parsed.problems.join('\n')}\n\n${usage}`);
    process.exitCode = 2;
    break;
  case 'run':
    run(parsed.flags).catch((error: unknown) => {
      logger.fatal({ err: error }, 'the plane could not start');
      process.exit(1);
    });
}
