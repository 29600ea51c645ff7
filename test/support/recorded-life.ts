/** The recordings of the corpus as lives to be replayed through a watch: what their pods were like, and when. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { recordedEvents } from '../../internal/kubernetes/recording.ts';
import type { Json } from './pod-json.ts';
import type { PodServer } from './pod-server.ts';
import type { Recording } from './replay-world.ts';

const DIRECTORY = path.join(import.meta.dirname, '../corpus/recordings');

/** Their names; none where nothing was recorded. */
export function recordings(): string[] {
  return readdirSync(DIRECTORY)
    .filter((file) => file.endsWith('.ndjson'))
    .map((file) => path.basename(file, '.ndjson'))
    .sort();
}

export function recordedLife(name: string): Recording {
  const lines = readFileSync(path.join(DIRECTORY, `${name}.ndjson`), 'utf8')
    .trimEnd()
    .split('\n');
  return lines
    .flatMap((line) => recordedEvents(JSON.parse(line)))
    .flatMap((event) => {
      if (event.kind !== 'object' || event.of !== 'Pod') return [];
      const pod = event.object as Json;
      const act = (server: PodServer): void => {
        if (event.type === 'DELETED') server.remove(String((pod['metadata'] as Json)['uid']), pod);
        else server.put(pod);
      };
      return [{ atMs: event.atMs, act }];
    });
}
