/**
 * Which encoder an Accept header asks for. As apiserver's negotiation does it: the first media type, by preference and then
 * order, that this server has; a protobuf that isn't there falls through to the next one named.
 */
import type { Encoder } from './encoder.ts';
import { ApiError, notAcceptable, transformNotAcceptable } from './status.ts';

interface MediaRange {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

/** Kinds that `as` may name where a list is answered, and elsewhere. */
const metadataKinds = {
  list: 'PartialObjectMetadataList',
  object: 'PartialObjectMetadata',
  watch: 'PartialObjectMetadata',
};

/** Throws a 406 where none will do. */
export function chooseEncoder(
  accept: string,
  purpose: 'list' | 'object' | 'watch',
  encoders: readonly Encoder[],
): Encoder {
  const ranges = parseAccept(accept);
  for (const range of ranges) {
    const view = viewOf(range, purpose);
    const encoder = encoders.find((one) => one.view === view && matches(range, one, purpose));
    if (encoder !== undefined) return encoder;
  }
  const asksTransform = ranges.some((range) => range.parameters['as'] !== undefined);
  throw new ApiError(asksTransform ? transformNotAcceptable() : notAcceptable());
}

function viewOf(range: MediaRange, purpose: keyof typeof metadataKinds): Encoder['view'] | 'none' {
  const { as, g, v } = range.parameters;
  if (as === undefined) return 'object';
  return as === metadataKinds[purpose] && g === 'meta.k8s.io' && v === 'v1' ? 'metadata' : 'none';
}

function matches(range: MediaRange, encoder: Encoder, purpose: string): boolean {
  const { stream } = range.parameters;
  if (stream !== undefined && (purpose !== 'watch' || stream !== 'watch')) return false;
  const [group] = encoder.mediaType.split('/');
  return range.type === '*/*' || range.type === encoder.mediaType || range.type === `${group ?? ''}/*`;
}

function parseAccept(accept: string): MediaRange[] {
  const text = accept.trim() === '' ? '*/*' : accept;
  const ranges = text.split(',').map(parseRange);
  return ranges.filter((range) => range.quality > 0).sort((one, other) => other.quality - one.quality);
}

function parseRange(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = Object.fromEntries(rest.map((part) => splitOnce(part)));
  const quality = Number(parameters['q'] ?? 1);
  return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
}

function splitOnce(part: string): [string, string] {
  const at = part.indexOf('=');
  return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
}
