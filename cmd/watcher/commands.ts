/** The table of subcommands. Each is loaded when it is called. */
import type { CommandEntry } from './command.ts';

export const commandTable: readonly CommandEntry[] = [
  {
    words: '',
    summary: 'run the agent',
    endsInOrder: true,
    load: async () => ({ run: (await import('./commands/agent.ts')).agent }),
  },
  {
    words: 'config print',
    summary: 'print the settings in force and where each comes from',
    load: () =>
      import('./commands/config-print.ts').then(({ configPrint: run, configPrintHelp: help }) => ({ run, help })),
  },
  {
    words: 'check',
    summary: 'look whether all is there that the agent needs: API server, rights, plane, disk, clock',
    load: () => import('./commands/check.ts').then(({ check: run, checkHelp: help }) => ({ run, help })),
  },
  {
    words: 'rbac',
    summary: 'print the rights that the agent needs with these settings, for kubectl apply',
    load: () => import('./commands/rbac.ts').then(({ rbac: run, rbacHelp: help }) => ({ run, help })),
  },
  {
    words: 'scan',
    summary: 'one look at a cluster: which pods fail, why and since when',
    load: () => import('./commands/scan.ts').then(({ scan: run, scanHelp: help }) => ({ run, help })),
  },
  {
    words: 'explain',
    summary: 'what a running agent saw of a pod, what it decided and why',
    load: () => import('./commands/explain.ts').then(({ explain: run, explainHelp: help }) => ({ run, help })),
  },
  {
    words: 'log-level',
    summary: "show or change, for a while, the level of a running agent's log",
    load: () => import('./commands/log-level.ts').then(({ logLevel: run, logLevelHelp: help }) => ({ run, help })),
  },
  {
    words: 'record',
    summary: 'write down what happens to pods, without their secrets',
    endsInOrder: true,
    load: () => import('./commands/record.ts').then(({ record: run, recordHelp: help }) => ({ run, help })),
  },
  {
    words: 'replay',
    summary: 'take a recording through the whole pipeline and print every decision',
    load: () => import('./commands/replay.ts').then(({ replay: run, replayHelp: help }) => ({ run, help })),
  },
  {
    words: 'test-event',
    summary: 'send one marked event through the whole path and say what became of it',
    load: () => import('./commands/test-event.ts').then(({ testEvent: run, testEventHelp: help }) => ({ run, help })),
  },
  {
    words: 'outbox',
    summary: 'look at what waits for the plane, and at what it could not take',
    load: () => import('./commands/outbox.ts').then(({ outbox: run, outboxHelp: help }) => ({ run, help })),
  },
  {
    words: 'outbox status',
    summary: 'show how much waits, what is quarantined and how full the outbox is',
    load: () =>
      import('./commands/outbox-status.ts').then(({ outboxStatusCommand: run, outboxStatusHelp: help }) => ({
        run,
        help,
      })),
  },
  {
    words: 'outbox list',
    summary: 'list the events that wait for the plane',
    load: () =>
      import('./commands/outbox-list.ts').then(({ outboxList: run, outboxListHelp: help }) => ({ run, help })),
  },
  {
    words: 'outbox quarantine',
    summary: 'list the events that the plane could not take, and why',
    load: () =>
      import('./commands/outbox-quarantine.ts').then(({ outboxQuarantine: run, outboxQuarantineHelp: help }) => ({
        run,
        help,
      })),
  },
  {
    words: 'outbox requeue',
    summary: 'put quarantined events back into the queue',
    load: () =>
      import('./commands/outbox-requeue.ts').then(({ outboxRequeue: run, outboxRequeueHelp: help }) => ({ run, help })),
  },
  {
    words: 'outbox export',
    summary: 'write what waits and what is quarantined as NDJSON',
    load: () =>
      import('./commands/outbox-export.ts').then(({ outboxExport: run, outboxExportHelp: help }) => ({ run, help })),
  },
  {
    words: 'support-bundle',
    summary: 'write what somebody needs who is to help, as one archive without secrets',
    load: () =>
      import('./commands/support-bundle.ts').then(({ supportBundle: run, supportBundleHelp: help }) => ({ run, help })),
  },
  {
    words: 'completion',
    summary: 'print the script by which bash, zsh or fish complete this program',
    load: () =>
      import('./commands/completion.ts').then(({ completionOf, completionHelp: help }) => ({
        run: completionOf(commandTable),
        help,
      })),
  },
  {
    words: 'version',
    summary: 'print the version',
    load: () => import('./commands/version.ts').then(({ printVersion: run, versionHelp: help }) => ({ run, help })),
  },
];
