/**
 * What is no part of a picture: this machine, and the moment. Pure. `withoutMachine` is applied before a picture is taken, so
 * that no name, port or path of whoever took it is in it; `withoutMoment` only says whether two pictures tell the same, so that
 * a second run leaves them as they are.
 */

export interface Machine {
  readonly hostname: string;
  /** Where the run had its files, without a slash at its end. */
  readonly temporary: string;
}

/** In the order in which the demo names them: Restate's ingress, the plane, the API server, the agent. */
const USUAL_PORTS = ['8080', '9080', '6443', '8081', '9070', '6060'];

/** One for a whole run: a port keeps the name it was first given. */
export type Mask = (text: string) => string;

export function withoutMachine({ hostname, temporary }: Machine): Mask {
  const ports = new Map<string, string>();
  const portFor = (port: string): string => {
    const known = ports.get(port) ?? USUAL_PORTS[ports.size] ?? port;
    ports.set(port, known);
    return known;
  };
  return (text) =>
    text
      .replaceAll(/(?<=127\.0\.0\.1:|localhost:)[1-9]\d*/g, portFor)
      .replaceAll(temporary, '/tmp')
      .replaceAll(/\/tmp\/watcher-[a-z]+-\w{6}/g, '/tmp/demo')
      .replaceAll(hostname, 'workstation');
}

/** Durations, times, ids and figures as #, and blanks as one: how much of them there is depends on the run. */
export function withoutMoment(text: string): string {
  return text
    .replaceAll(/(?<![0-9a-z])[0-9a-f]{12,}(?![0-9a-z])/g, '#')
    .replaceAll(/[\dT:.+-]*\d(Z|( m?s\b)?)/g, '#')
    .replaceAll(/\s+/g, ' ');
}
