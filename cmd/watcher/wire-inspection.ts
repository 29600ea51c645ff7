/** By what a running agent can be looked into: listeners, control socket, profiles. None of it tells of a failure. */
import type { DescribedSetting } from '../../internal/config/describe.ts';
import type { Metrics } from '../../internal/metrics/metrics.ts';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import type { PodTraces } from '../../internal/pipeline/trace.ts';
import type { HealthSource } from '../../internal/server/health.ts';
import type { AgentConfig } from './agent-config.ts';
import type { Ambient } from './ambient.ts';
import { heapProfiles, type HeapProfiles } from './heap-profiles.ts';
import type { LiveSettings } from './live-settings.ts';
import { explained } from './observe-trace.ts';
import { statusOf } from './status.ts';
import { supportOf } from './support.ts';
import type { Cluster } from './wire-cluster.ts';
import { wireControl, type Control, type ControlParts } from './wire-control.ts';
import { wireServers, type Servers } from './wire-servers.ts';

/** What the process gives of itself. */
export interface ProcessParts {
  /** The settings of this process as they may be shown. */
  readonly described: readonly DescribedSetting[];
  /** Registers who is told when somebody asks this process for a heap profile. */
  readonly onProfileAsked?: ((listener: () => void) => void) | undefined;
}

export interface InspectedParts extends ProcessParts {
  readonly config: AgentConfig;
  readonly ambient: Ambient;
  readonly metrics: Metrics;
  readonly settings: LiveSettings;
  readonly outbox: Outbox;
  readonly traces: PodTraces;
  readonly cluster: Cluster;
  readonly health: HealthSource;
  readonly isTelling: () => boolean;
  /** Whether what is detected gets into the outbox, and what of it does not. */
  readonly telling: () => object;
  readonly enrolment: ControlParts['enrolment'];
}

export interface Inspection {
  readonly servers: Servers;
  readonly control: Control;
  readonly profiles: HeapProfiles;
}

export function wireInspection(parts: InspectedParts): Inspection {
  const { config, ambient, metrics, outbox, traces, health, telling, enrolment } = parts;
  const { clock, logger } = ambient;
  const profiles = heapProfiles(outbox, clock, logger);
  parts.onProfileAsked?.(() => void profiles.write());
  const status = statusOf({ ...parts, clock });
  const explain = (namespace: string, name: string): object => explained(traces.explain(namespace, name));
  return {
    servers: wireServers(config, ambient, { health, metrics, profiles, status, explain }),
    control: wireControl({
      ...{ outbox, clock, logger, explain, telling, enrolment, logLevel: ambient.logLevel },
      support: () => supportOf({ status, metrics, outbox, traces, profiles, clock }),
    }),
    profiles,
  };
}
