/** A memory that is bounded: what was kept longest ago makes room for what is kept now. */

/** Keeps `value` as the newest; of more than `most`, the oldest go. A Map remembers its order. */
export function keepNewest<Key, Value>(memory: Map<Key, Value>, key: Key, value: Value, most: number): void {
  memory.delete(key);
  memory.set(key, value);
  for (const oldest of memory.keys()) {
    if (memory.size <= most) return;
    memory.delete(oldest);
  }
}
