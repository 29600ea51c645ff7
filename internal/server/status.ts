/** What an agent says of itself to a person: the same as JSON at /status and as a page at /. Holds no secrets. */
import type { HealthReport } from './health.ts';

export interface StatusFailure {
  /** RFC 3339. */
  readonly at: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly reason: string;
  readonly event_id: string;
  /** The last step known of it, such as `delivered` or `suppress: cooldown`. */
  readonly became: string;
}

export interface StatusWatch {
  /** '' for the whole cluster. */
  readonly namespace: string;
  readonly state: string;
  readonly pods: number;
  /** Since the API server last gave a sign of life; undefined before the first. */
  readonly age_seconds: number | undefined;
  readonly error: string | undefined;
}

export interface StatusSetting {
  readonly name: string;
  readonly value: string;
  /** flag, environment, file, default or remote. */
  readonly from: string;
  /** Where exactly: the flag, the variable, file and line. */
  readonly place: string;
}

export interface StatusDocument {
  readonly version: string;
  readonly cluster_id: string;
  readonly identity: string;
  readonly started_at: string;
  readonly now: string;
  readonly is_telling: boolean;
  readonly health: HealthReport;
  /** What is wrong first, then the least fresh. */
  readonly watches: readonly StatusWatch[];
  /** How many more there are, all of them better. */
  readonly watches_left_out: number;
  /** The newest first. */
  readonly failures: readonly StatusFailure[];
  readonly settings: readonly StatusSetting[];
}

export type StatusSource = () => StatusDocument;
