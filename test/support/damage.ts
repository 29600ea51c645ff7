/**
 * Damages bytes the way faulty wires, proxies and programs do: flipped and replaced bytes, cuts, repeats, insertions,
 * numbers that never end. Repeatable: the same seed gives the same damage.
 */

/** Numbers in [0, 1), the same for the same seed (Lehmer). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** A copy of `bytes` with one to four wounds; the original stays as it is. */
export function damaged(bytes: Buffer, random: () => number): Buffer {
  let result: Buffer = Buffer.from(bytes);
  const wounds = 1 + Math.floor(random() * 4);
  for (let wound = 0; wound < wounds; wound++) result = wounded(result, random);
  return result;
}

const interesting = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x07, 0x0a, 0x12];

function wounded(bytes: Buffer, random: () => number): Buffer {
  const below = (limit: number): number => Math.floor(random() * limit);
  const at = below(bytes.length);
  const size = 1 + below(12);
  switch (below(7)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
      return bytes;
    case 1:
      bytes[at] = interesting[below(interesting.length)] ?? 0;
      return bytes;
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + size), bytes.subarray(at)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(size, 0xff), bytes.subarray(at)]);
    default:
      bytes.fill(below(256), at, Math.min(at + size, bytes.length));
      return bytes;
  }
}
