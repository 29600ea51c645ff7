/**
 * Logs a lot through two loggers at once and exits: `node log-child.ts LINES`. Says on standard error how late its event
 * loop was meanwhile, in ms.
 */
import { createLogger, gatheredOutput } from '../../internal/platform/log.ts';

const lines = Number(process.argv[2]);
const destination = gatheredOutput();
const loggers = [createLogger({ level: 'info', destination }), createLogger({ level: 'info', destination })];
let latestMs = 0;
let expectedMs = performance.now() + 10;
const probe = setInterval(() => {
  latestMs = Math.max(latestMs, performance.now() - expectedMs);
  expectedMs = performance.now() + 10;
}, 10);
const text = 'x'.repeat(300);
for (let line = 0; line < lines; line++) {
  loggers[line % 2]?.info({ line, text }, 'a line');
  if (line % 500 === 499) await new Promise((resolve) => setImmediate(resolve));
}
await new Promise((resolve) => setTimeout(resolve, 300));
clearInterval(probe);
process.stderr.write(`${Math.round(latestMs)}\n`);
await destination.flushed();
process.exit(0);
