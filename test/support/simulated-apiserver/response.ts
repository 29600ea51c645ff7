/**
 * One answer on its way out, over HTTP/1.1 or HTTP/2 alike. It can do what a healthy server can't: fall silent, stop in
 * the middle, or take the connection down with it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { BodyFault } from './faults.ts';

export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;
export type Headers = Readonly<Record<string, string>>;

/** Small pieces are put together up to about this before they are written: fewer system calls and TLS records. */
export const WRITE_BYTES = 64 * 1024;

/** As the real server: answers over this are compressed for whoever accepts it. */
const GZIP_FROM_BYTES = 128 * 1024;

export class Response {
  readonly #response: ServerResponse;
  readonly #cutConnection: () => void;
  #isSilent = false;
  #isClosed = false;
  #isFull = false;

  /** `cutConnection` takes down the connection below with a reset. */
  constructor(response: HttpResponse, cutConnection: () => void) {
    // Node's compatibility API gives HTTP/2 the same methods; its types leave some of them out.
    this.#response = response as ServerResponse;
    this.#cutConnection = cutConnection;
    response.on('close', () => (this.#isClosed = true));
    response.on('drain', () => (this.#isFull = false));
    // Whoever went away need not be told.
    response.on('error', () => (this.#isClosed = true));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** True where a write would be buffered beyond reason. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Called once, when the answer is over for whatever reason. */
  onClose(action: () => void): void {
    if (this.#isClosed) action();
    else this.#response.once('close', action);
  }

  onDrain(action: () => void): void {
    this.#response.once('drain', action);
  }

  /** Sends the head at once, as a watch needs it. */
  begin(code: number, headers: Headers): void {
    if (this.#isSilent || this.#isClosed) return;
    this.#response.writeHead(code, headers);
    this.#response.flushHeaders();
  }

  write(bytes: Buffer): void {
    if (!this.#isSilent && !this.#isClosed) this.#isFull = !this.#response.write(bytes);
  }

  end(): void {
    if (!this.#isSilent && !this.#isClosed) this.#response.end();
  }

  /** From now on nothing is sent and nothing closed: the other side sees a server that lives and says nothing. */
  silence(): void {
    this.#isSilent = true;
  }

  /** Resets the connection, and with it all that runs over it. */
  cut(): void {
    this.#isSilent = true;
    this.#cutConnection();
  }

  /** A whole answer of known bytes. */
  send(code: number, headers: Headers, body: Buffer): void {
    if (this.#isSilent || this.#isClosed) return;
    // Something failed after the head had gone: what has been said can't be taken back.
    if (this.#response.headersSent) {
      this.cut();
      return;
    }
    this.#response.writeHead(code, { ...headers, 'content-length': String(body.length) });
    this.#response.end(body);
  }

  /** A whole answer in pieces, no faster than they are taken; compressed where `acceptsGzip` and it is worth it. */
  async sendPieces(code: number, headers: Headers, pieces: Iterable<Buffer>, acceptsGzip: boolean): Promise<void> {
    const chunks = [...joined(pieces, WRITE_BYTES * 4)];
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const isZipped = acceptsGzip && size > GZIP_FROM_BYTES;
    this.begin(code, { ...headers, ...(isZipped ? { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } : {}) });
    const source: AsyncIterable<Buffer> | Iterable<Buffer> = isZipped
      ? Readable.from(chunks).pipe(createGzip({ level: 1 }))
      : chunks;
    for await (const chunk of source) {
      if (this.#isClosed) return;
      this.write(chunk);
      if (this.isFull) await this.#drained();
    }
    this.end();
  }

  /** Sends the body up to a point, and there does what the fault says. */
  sendBroken(code: number, headers: Headers, body: Buffer, fault: BodyFault): void {
    const part = body.subarray(0, fault.atByte ?? body.length >> 1);
    this.begin(code, headers);
    if (fault.kind === 'reset-body') {
      this.cutAfter(part);
      return;
    }
    this.write(part);
    if (fault.kind === 'truncate') this.end();
    else this.silence();
  }

  /** Cuts the connection once these bytes have left. */
  cutAfter(bytes: Buffer): void {
    if (this.#isSilent || this.#isClosed) return;
    this.#isSilent = true;
    this.#response.write(bytes, () => this.#cutConnection());
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#response.off('drain', finish);
        this.#response.off('close', finish);
        resolve();
      };
      this.#response.once('drain', finish);
      this.#response.once('close', finish);
    });
  }
}

/** The same bytes in larger pieces. */
export function* joined(pieces: Iterable<Buffer>, size: number): Iterable<Buffer> {
  let batch: Buffer[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    batch.push(piece);
    bytes += piece.length;
    if (bytes < size) continue;
    yield Buffer.concat(batch, bytes);
    batch = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(batch, bytes);
}
