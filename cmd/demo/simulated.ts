/** The simulated API server as demo and dev use it: one that speaks JSON and protobuf, as the real one does. */
import type { Clock } from '../../internal/platform/clock.ts';
import { protobufMetadata, protobufObjects } from '../../test/support/simulated-protobuf.ts';
import { jsonMetadata, jsonObjects } from '../../test/support/simulated-apiserver/json-encoder.ts';
import { SimulatedApiServer } from '../../test/support/simulated-apiserver/server.ts';

export function startApiServer(clock: Clock): Promise<SimulatedApiServer> {
  return SimulatedApiServer.start({ clock, encoders: [jsonObjects, jsonMetadata, protobufObjects, protobufMetadata] });
}
