/**
 * The reflector's states and what leads from one to the next, as a pure function.
 */
import type { ListCause } from './reflector-types.ts';

export type ReflectorState =
  | { readonly kind: 'Empty' }
  | {
      readonly kind: 'Listing';
      readonly how: 'pages' | 'stream';
      readonly cause: ListCause;
      /** Where the next page begins; '' for the first. */
      readonly continueToken: string;
    }
  | { readonly kind: 'Listed'; readonly resourceVersion: string }
  | { readonly kind: 'Watching'; readonly resourceVersion: string }
  | { readonly kind: 'BackingOff'; readonly untilMs: number; readonly cause: string; readonly resourceVersion: string }
  | { readonly kind: 'Stopped' };
