/**
 * One page of a list, read as its bytes arrive: {metadata: {resourceVersion, continue}, items: [...]}. A JSON page can
 * only be read whole, so its size is bounded; a protobuf page (list-page-protobuf.ts) is read object by object.
 */
import { isUtf8 } from 'node:buffer';
import { CodedError } from '../platform/errors.ts';
import { fieldOf, stringOf } from './json-fields.ts';
import type { JsonReader, Keyed } from './resource.ts';

export interface ListMeta {
  /** Never ''. */
  readonly resourceVersion: string;
  /** '' on the last page. */
  readonly continueToken: string;
}

export interface PageReader {
  /** Objects handed on so far: each is a frame of its own, as in a watch. */
  readonly frames: number;
  push(chunk: Buffer): void;
  /** The answer is over. Throws a coded error if it wasn't whole. */
  end(): ListMeta;
}

/** Hands each object on at the end. Throws API_ANSWER_TOO_LARGE, API_ANSWER_INVALID and WATCH_OBJECT_INVALID. */
export function jsonPageReader<T extends Keyed>(
  reader: Pick<JsonReader<T>, 'read'>,
  onItem: (item: T) => void,
  limitBytes: number,
): PageReader {
  const chunks: Buffer[] = [];
  let size = 0;
  let frames = 0;
  return {
    get frames() {
      return frames;
    },
    push(chunk) {
      size += chunk.length;
      if (size > limitBytes) throw new CodedError('API_ANSWER_TOO_LARGE', `a page of more than ${limitBytes} bytes`);
      chunks.push(chunk);
    },
    end() {
      const page = parsePage(Buffer.concat(chunks.splice(0), size));
      const meta = metaOf(page);
      for (const object of itemsOf(page)) {
        const item = reader.read(object);
        if (item instanceof CodedError) throw item;
        frames++;
        onItem(item);
      }
      return meta;
    },
  };
}

function parsePage(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw invalid(`a page of ${bytes.length} bytes is not UTF-8`);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalid(`a page of ${bytes.length} bytes is not JSON, or not whole`);
  }
}

/** An empty list is `items: null` or no items at all on some servers. */
function itemsOf(page: unknown): readonly unknown[] {
  const items = fieldOf(page, 'items') ?? [];
  if (!Array.isArray(items)) throw invalid('a page whose items are no list');
  return items;
}

function metaOf(page: unknown): ListMeta {
  const metadata = fieldOf(page, 'metadata');
  return listMeta(stringOf(fieldOf(metadata, 'resourceVersion')), stringOf(fieldOf(metadata, 'continue')));
}

/** Checked metadata of a page. */
export function listMeta(resourceVersion: string, continueToken: string): ListMeta {
  if (resourceVersion === '') throw invalid('a list without a resourceVersion');
  return { resourceVersion, continueToken };
}

function invalid(detail: string): CodedError {
  return new CodedError('API_ANSWER_INVALID', detail);
}
