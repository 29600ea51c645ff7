/** The agent's own reader of a watch, into a store of its own: what comes after the transport. */
import { PodStore } from '../../../internal/kubernetes/pod-store.ts';
import { podResource } from '../../../internal/kubernetes/resource-pods.ts';
import { protobufWatchStream } from '../../../internal/kubernetes/watch-stream-protobuf.ts';

const FRAME_BYTES = 8 * 1024 * 1024;

/** `push` returns true once the initial events are over. */
export function resourceOf(): { push(chunk: Buffer): boolean } {
  const store = new PodStore({ onChange: () => undefined });
  store.listing();
  const { codec } = podResource(store);
  let isOver = false;
  if (codec.protobuf === undefined) throw new Error('pods have no protobuf reader');
  const stream = protobufWatchStream(
    { verb: 'watch', resource: 'pods', group: '', namespace: undefined },
    codec.protobuf,
    {
      upsert: (pod) => store.upsert(pod, 'initial'),
      remove: (pod) => store.remove(pod, 'watch'),
      bookmark: (_version, endsInitialEvents) => {
        isOver ||= endsInitialEvents;
      },
    },
    FRAME_BYTES,
  );
  return {
    push: (chunk) => {
      stream.push(chunk);
      return isOver;
    },
  };
}
