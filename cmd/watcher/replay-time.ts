/** When a pod was as it is shown, by the latest of its own times: for recordings that say nothing of theirs. Pure. */

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** When an object is to be deleted is no time that has come. */
const TO_COME = new Set(['deletionTimestamp']);

/** Ms since the epoch; 0 where it holds no time. Never throws, whatever it is given. */
export function objectTimeMs(object: unknown): number {
  let latestMs = 0;
  const left: unknown[] = [object];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === 'string' && TIME.test(next)) latestMs = Math.max(latestMs, Date.parse(next) || 0);
    else if (typeof next === 'object' && next !== null) left.push(...valuesOf(next));
  }
  return latestMs;
}

function valuesOf(value: object): readonly unknown[] {
  const entries: [string, unknown][] = Object.entries(value);
  return entries.filter(([name, one]) => one !== undefined && !TO_COME.has(name)).map(([, one]) => one);
}
