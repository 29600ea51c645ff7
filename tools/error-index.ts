/**
 * Where to look by the code of an error: codes in groups, by how they begin, each with what it means for failures meanwhile and
 * the page that says what to do; codes lead to their row of docs/ERRORS.md. Pure.
 */
import { errorTable } from '../internal/platform/error-table.ts';

interface ErrorGroup {
  readonly about: string;
  /** What becomes of failures meanwhile. */
  readonly meanwhile: string;
  /** As a link of docs/operations/troubleshooting.md. */
  readonly page: string;
  readonly begins: readonly string[];
}

/** The first that fits takes a code; the last takes any. */
const groups: readonly ErrorGroup[] = [
  {
    about: 'The plane',
    meanwhile: 'failures wait in the outbox, none is lost',
    page: '[WatcherBacklogOld](alerts.md#watcherbacklogold)',
    begins: ['PLANE_'],
  },
  {
    about: 'The outbox',
    meanwhile: 'what is stored stays; where the agent can’t store, failures wait in its memory',
    page: '[outbox.md](outbox.md)',
    begins: ['OUTBOX_', 'CONTROL_'],
  },
  {
    about: 'The API server',
    meanwhile: 'failures are told late; none that still shows is lost',
    page: '[WatcherWatchSilent](alerts.md#watcherwatchsilent), [rights](install.md#rights)',
    begins: ['API_', 'WATCH_', 'LIST_', 'NAMESPACE_', 'KUBECONFIG_', 'CREDENTIALS_', 'PROXY_', 'CLOCK_'],
  },
  {
    about: 'Silences',
    meanwhile: 'what was to be silent is told',
    page: '[silences.md](silences.md)',
    begins: ['SILENCE_'],
  },
  {
    about: 'Who tells, and what it says',
    meanwhile: 'each line says what is late or cut; nothing is lost by it',
    page: '[WatcherNobodyTells](alerts.md#watchernobodytells), [late clusters](late-clusters.md), [versions](versions.md), [OTLP](otlp.md)',
    begins: ['LEASE_', 'NAMESPACES_', 'KUBERNETES_', 'CLUSTER_', 'EVENT_', 'OTLP_', 'STOP_'],
  },
  {
    about: 'Settings, listeners and commands',
    meanwhile: 'an agent that does not start tells nothing; one that runs goes on with the settings it had',
    page: '`watcher config print`, [the settings](../configuration.md)',
    begins: [''],
  },
];

/** Where the row of a code begins in docs/ERRORS.md. */
export const anchorOf = (code: string): string => code.toLowerCase();

export function renderErrorIndex(codes: readonly string[] = Object.keys(errorTable)): string {
  const groupOf = (code: string): ErrorGroup | undefined =>
    groups.find(({ begins }) => begins.some((begin) => code.startsWith(begin)));
  const items = groups.map((group) => {
    const links = codes
      .filter((code) => groupOf(code) === group)
      .map((code) => `[\`${code}\`](../ERRORS.md#${anchorOf(code)})`);
    return `- **${group.about}**: ${group.meanwhile}. See ${group.page}.\n  ${links.join(', ')}`;
  });
  return items.join('\n');
}
