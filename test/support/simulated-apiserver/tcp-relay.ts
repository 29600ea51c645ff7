/**
 * TcpRelay: a wire between a client and any server that can be frozen, cut and taken away. It knows nothing of what runs
 * over it, so that a frozen connection is dead in every way: no HTTP/2 ping is answered, no window opened. Works in front
 * of the simulated API server, a real one, or a plane.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface RelayTarget {
  readonly host?: string;
  readonly port: number;
}

interface Wire {
  readonly near: Socket;
  readonly far: Socket;
}

export class TcpRelay implements AsyncDisposable {
  readonly #target: RelayTarget;
  readonly #wires = new Set<Wire>();
  #server: Server | undefined;
  #port = 0;
  #isFrozen = false;
  #accepted = 0;

  private constructor(target: RelayTarget) {
    this.#target = target;
  }

  static async start(target: RelayTarget): Promise<TcpRelay> {
    const relay = new TcpRelay(target);
    await relay.listen();
    return relay;
  }

  /** The port clients connect to, the same for the relay's whole life. */
  get port(): number {
    return this.#port;
  }

  get openConnections(): number {
    return this.#wires.size;
  }

  get acceptedConnections(): number {
    return this.#accepted;
  }

  /** From now on nothing passes, on old connections and on new ones, which are accepted all the same. */
  freeze(): void {
    this.#isFrozen = true;
    for (const { near, far } of this.#wires) {
      near.pause();
      far.pause();
    }
  }

  /** What was held back passes, and all that follows. */
  thaw(): void {
    this.#isFrozen = false;
    for (const { near, far } of this.#wires) {
      near.resume();
      far.resume();
    }
  }

  /** Resets every connection, towards both sides. */
  cut(): void {
    for (const wire of this.#wires) drop(wire);
  }

  /** Comes back on the same port after stopListening(). */
  async listen(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true }, (near) => this.#join(near));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** New connections are refused, those there are reset. */
  async stopListening(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.cut();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopListening();
  }

  #join(near: Socket): void {
    this.#accepted += 1;
    const far = connect({ port: this.#target.port, host: this.#target.host ?? '127.0.0.1', allowHalfOpen: true });
    const wire = { near, far };
    this.#wires.add(wire);
    this.#forward(near, far, wire);
    this.#forward(far, near, wire);
    if (!this.#isFrozen) return;
    near.pause();
    far.pause();
  }

  /** One direction of a wire: bytes, the end of them, and what breaks it. */
  #forward(from: Socket, to: Socket, wire: Wire): void {
    from.setNoDelay(true);
    from.on('data', (bytes) => pass(bytes, from, to, () => this.#isFrozen));
    from.on('end', () => to.end());
    from.on('error', () => drop(wire));
    from.once('close', () => {
      if (to.destroyed) this.#wires.delete(wire);
    });
  }
}

function pass(bytes: Buffer, from: Socket, to: Socket, isFrozen: () => boolean): void {
  if (to.write(bytes)) return;
  from.pause();
  to.once('drain', () => {
    if (!isFrozen()) from.resume();
  });
}

function drop({ near, far }: Wire): void {
  near.resetAndDestroy();
  far.resetAndDestroy();
}
