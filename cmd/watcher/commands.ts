/** The table of subcommands. Each is loaded when it is called. */
import type { CommandEntry } from './command.ts';

export const commandTable: readonly CommandEntry[] = [
  { words: '', summary: 'run the agent', load: async () => ({ run: (await import('./commands/agent.ts')).agent }) },
  {
    words: 'config print',
    summary: 'print the settings in force and where each comes from',
    load: () =>
      import('./commands/config-print.ts').then(({ configPrint: run, configPrintHelp: help }) => ({ run, help })),
  },
  {
    words: 'scan',
    summary: 'one look at a cluster: which pods fail, why and since when',
    load: () => import('./commands/scan.ts').then(({ scan: run, scanHelp: help }) => ({ run, help })),
  },
  {
    words: 'test-event',
    summary: 'send one marked event through the whole path and say what became of it',
    load: () => import('./commands/test-event.ts').then(({ testEvent: run, testEventHelp: help }) => ({ run, help })),
  },
];
