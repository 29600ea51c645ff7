/**
 * The control door of a server in another process: POST /control with one JSON command, answered with the fleet's and
 * the server's figures. On the loopback only, and for benchmarks only: whoever reaches it may do anything to the server.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { PodScript } from './pod-script.ts';
import { pods } from './resources.ts';
import { scenarios } from './scenarios.ts';
import type { SimulatedApiServer } from './server.ts';
import { SyntheticFleet } from './synthetic-fleet.ts';
import type { SyntheticOptions } from './synthetic-pod.ts';

export type ControlCommand =
  | { readonly command: 'load'; readonly pods: number }
  /** Encodes all pods now instead of when they are first listed. */
  | { readonly command: 'encode'; readonly mediaType?: string }
  /** Per second; 0 stops it. */
  | { readonly command: 'churn'; readonly rate: number }
  | { readonly command: 'fail'; readonly rate: number }
  /** The failures written so far, from the `from`-th on. */
  | { readonly command: 'failures'; readonly from?: number }
  /** Plays scenarios by name, all of them without names. */
  | { readonly command: 'play'; readonly scenarios?: readonly string[]; readonly speed?: number }
  | { readonly command: 'stop' }
  | { readonly command: 'stats' }
  | { readonly command: 'compact'; readonly keepLast?: number }
  | { readonly command: 'bookmark' }
  | { readonly command: 'cut' }
  | { readonly command: 'away'; readonly ms: number };

export interface ControlDoor {
  readonly url: string;
  /** Ends what was started through it, and closes it. */
  close(): Promise<void>;
}

/** Opens the door on a free port, or on `port`. */
export async function openControl(
  server: SimulatedApiServer,
  options: Partial<SyntheticOptions> = {},
  port = 0,
): Promise<ControlDoor> {
  const control = new Control(server, new SyntheticFleet(server, options));
  const door = createServer((request, response) => void answer(control, request, response));
  await new Promise<void>((resolve) => door.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(door.address() as AddressInfo).port}/control`;
  return {
    url,
    close: async () => {
      control.stop();
      await closed(door);
    },
  };
}

/** Sends a command to a door, from the other process. Rejects where the command is refused. */
export async function control(url: string, command: ControlCommand): Promise<unknown> {
  const answered = await fetch(url, { method: 'POST', body: JSON.stringify(command) });
  const body: unknown = await answered.json();
  if (!answered.ok) throw new Error(`${command.command}: ${JSON.stringify(body)}`);
  return body;
}

class Control {
  readonly #server: SimulatedApiServer;
  readonly #fleet: SyntheticFleet;
  readonly #scripts: PodScript[] = [];

  constructor(server: SimulatedApiServer, fleet: SyntheticFleet) {
    this.#server = server;
    this.#fleet = fleet;
  }

  stop(): void {
    this.#fleet.stop();
    for (const script of this.#scripts) script.stop();
  }

  async run(command: ControlCommand): Promise<object> {
    switch (command.command) {
      case 'load':
        this.#fleet.load(command.pods);
        break;
      case 'encode':
        this.#server.encodeAhead(pods, command.mediaType);
        break;
      case 'churn':
        this.#fleet.churn(command.rate);
        break;
      case 'fail':
        this.#fleet.fail(command.rate);
        break;
      case 'failures':
        return { failures: this.#fleet.failures(command.from), played: this.#scripts.flatMap((one) => one.failures) };
      case 'play':
        this.#play(command.scenarios, command.speed);
        break;
      case 'stop':
        this.stop();
        break;
      case 'stats':
        break;
      case 'compact':
        this.#server.compact(command.keepLast);
        break;
      case 'bookmark':
        this.#server.sendBookmarks();
        break;
      case 'cut':
        this.#server.cutConnections();
        break;
      case 'away':
        await this.#goAway(command.ms);
        break;
      default:
        throw new Error(`no such command: ${JSON.stringify(command satisfies never)}`);
    }
    return this.#stats();
  }

  #play(names: readonly string[] | undefined, speed = 1): void {
    const chosen = scenarios.filter((one) => names?.includes(one.name) ?? true);
    const script = new PodScript(this.#server, { speed });
    this.#scripts.push(script);
    for (const scenario of chosen) void script.play(scenario);
  }

  async #goAway(ms: number): Promise<void> {
    await this.#server.stopListening();
    this.#server.clock.setTimer(ms, () => void this.#server.listen());
  }

  #stats(): object {
    const { requests, watches, store, openConnections } = this.#server;
    return {
      ...this.#fleet.stats,
      revision: store.revision,
      requests: requests.count,
      openWatches: watches.open().length,
      openConnections,
      rssBytes: process.memoryUsage.rss(),
      cpuMicros: process.cpuUsage(),
    };
  }
}

async function answer(control: Control, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const reply = (code: number, body: object): void => {
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  };
  try {
    if (request.method !== 'POST' || request.url !== '/control') reply(404, { error: 'POST /control' });
    else reply(200, await control.run(JSON.parse(await text(request)) as ControlCommand));
  } catch (error) {
    reply(400, { error: error instanceof Error ? error.message : String(error) });
  }
}

function closed(door: Server): Promise<void> {
  return new Promise((resolve) => {
    door.close(() => resolve());
    door.closeAllConnections();
  });
}
