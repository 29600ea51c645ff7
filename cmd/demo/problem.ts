/**
 * What can keep the demo from running, as a code, the case at hand and what to do. The demo is for people who see the
 * project for the first time, so it never ends in a bare stack; the agent's own errors (internal/platform/errors.ts) are
 * for operators and keep their own table.
 */
import { describeError } from '../../internal/platform/errors.ts';

const remedies = {
  OPTION_INVALID: 'see `node cmd/demo/main.ts --help` for what the demo understands',
  RESTATE_MISSING:
    'there are Restate servers for Linux and macOS, x64 and arm64: run the demo there, or name one that runs elsewhere: ' +
    'RESTATE_URL=http://HOST:8080 RESTATE_ADMIN_URL=http://HOST:9070 make demo',
  RESTATE_FAILED: 'read the end of its log above; run the demo again if a port was taken in the meantime',
  PLANE_NOT_REGISTERED:
    'see that the Restate server reaches this machine and its admin address is right (RESTATE_ADMIN_URL)',
  CLUSTER_MISSING:
    '`make cluster ARGS=prepare` gets what is missing and says what it can not get; CLUSTER=simulated needs none of it',
  CLUSTER_FAILED: 'run it again with WATCHER_CLUSTER_KEEP=1 to keep the logs; CLUSTER=simulated needs no real cluster',
  AGENT_FAILED: 'what the agent said last is above; its codes are explained in docs/ERRORS.md',
  PORT_IN_USE:
    'end the process that holds the port, or choose another address (HTTP_LISTEN=127.0.0.1:0 takes a free one)',
  INTERRUPTED: 'nothing was left running',
  INTERNAL: 'please report it, with what the demo printed',
} as const;

export type DemoProblemCode = keyof typeof remedies;

/** A reason for the demo to end with 1. `detail` names the case and may have several lines. */
export class DemoProblem extends Error {
  readonly code: DemoProblemCode;

  constructor(code: DemoProblemCode, detail: string, options?: { cause?: unknown }) {
    super(detail, options);
    this.name = 'DemoProblem';
    this.code = code;
  }
}

/** Whatever was thrown as the lines a user reads. */
export function problemText(error: unknown): string {
  const { code, message } = error instanceof DemoProblem ? error : foreign(error);
  return `demo: ${code}: ${message}\n  what to do: ${remedies[code]}\n`;
}

/** What an error says and what lies beneath it, which is where fetch and spawn keep the story. */
export function wholeStory(error: unknown): string {
  const { message } = describeError(error);
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? message : `${message}: ${wholeStory(cause)}`;
}

/** A port that is taken is the user's to free, wherever it was met; anything else is a defect. */
function foreign(error: unknown): { code: DemoProblemCode; message: string } {
  const { code } = describeError(error);
  const message = wholeStory(error);
  const isPort = code === 'EADDRINUSE' || /address (already )?in use/i.test(message);
  return { code: isPort ? 'PORT_IN_USE' : 'INTERNAL', message };
}
