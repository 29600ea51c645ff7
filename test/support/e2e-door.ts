/**
 * A door in front of a server: an address that stays the same while nobody listens behind it. Closed, connections are
 * refused and those there were are cut; open, bytes pass both ways untouched.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Where a door is. */
interface Place {
  readonly host: string;
  readonly port: number;
}

export class Door implements AsyncDisposable {
  readonly #target: URL;
  readonly #host: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port: number;

  private constructor(target: URL, { host, port }: Place) {
    this.#target = target;
    this.#host = host;
    this.#port = port;
  }

  /** A door to `target`, closed; without a port, at a free one that nobody else was given. */
  static async before(target: string, place: Partial<Place> = {}): Promise<Door> {
    const door = new Door(new URL(target), { host: '127.0.0.1', port: 0, ...place });
    await door.open();
    await door.close();
    return door;
  }

  get url(): string {
    return `${this.#target.protocol}//${this.#host}:${this.#port}`;
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((socket) => this.#pass(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, this.#host, () => resolve());
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #pass(from: Socket): void {
    const to = connect(Number(this.#target.port), this.#target.hostname);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.once('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
