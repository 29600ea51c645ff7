/**
 * Writes tar archives (ustar, POSIX 1003.1-1990), as much as an image made by hand and a support bundle need: files, folders and
 * symbolic links in memory. The same entries give the same bytes: no time, and owner 0, unless one is named. Names up to
 * 100 bytes.
 */
const BLOCK_BYTES = 512;

/** One entry of an archive. */
export type TarEntry =
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly content: Uint8Array;
      readonly mode?: number;
      readonly atMs?: number;
    }
  | { readonly kind: 'folder'; readonly name: string; readonly mode?: number; readonly owner?: number }
  | { readonly kind: 'link'; readonly name: string; readonly target: string };

const TYPE_FLAGS = { file: '0', link: '2', folder: '5' } as const;

function modeOf(entry: TarEntry): number {
  if (entry.kind === 'link') return 0o777;
  return entry.mode ?? (entry.kind === 'folder' ? 0o755 : 0o644);
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

function header(entry: TarEntry): Buffer {
  if (Buffer.byteLength(entry.name) > 100) throw new RangeError(`name too long for tar: ${entry.name}`);
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(entry.name, 0);
  block.write(octal(modeOf(entry), 8), 100);
  const owner = entry.kind === 'folder' ? (entry.owner ?? 0) : 0;
  block.write(octal(owner, 8), 108);
  block.write(octal(owner, 8), 116);
  block.write(octal(entry.kind === 'file' ? entry.content.length : 0, 12), 124);
  const atMs = entry.kind === 'file' ? (entry.atMs ?? 0) : 0;
  block.write(octal(Math.floor(atMs / 1000), 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(TYPE_FLAGS[entry.kind], 156);
  if (entry.kind === 'link') block.write(entry.target, 157);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 7)} `, 148);
  return block;
}

function body(entry: TarEntry): Uint8Array[] {
  if (entry.kind !== 'file') return [];
  const padding = (BLOCK_BYTES - (entry.content.length % BLOCK_BYTES)) % BLOCK_BYTES;
  return [entry.content, Buffer.alloc(padding)];
}

/** The bytes of an archive with these entries, in this order. Throws RangeError for a name that is too long. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => [header(entry), ...body(entry)]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]);
}
