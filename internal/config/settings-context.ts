/** Settings: what is looked up for a failure and told with it. All of it is off by default, as each part takes a right. */
import { duration } from './duration.ts';
import { someOf } from './format-some.ts';
import { whole } from './format.ts';
import { setting } from './setting.ts';

const CONTEXT_KINDS = ['events', 'logs', 'limits', 'image', 'hint'] as const;

export const contextSettings = {
  eventContext: setting({
    flag: 'event-context',
    group: 'detection',
    doc: 'what is looked up for a failure and told with it: events, logs, limits, image, hint, or * for all',
    format: someOf('KIND,...', CONTEXT_KINDS),
    default: '',
    defaultDoc: 'nothing',
  }),
  eventContextTimeoutMs: setting({
    flag: 'event-context-timeout',
    group: 'detection',
    doc: 'how long a failure waits for its context at most; what is late is left out',
    format: duration({ min: 100, max: 30_000 }),
    default: '2s',
  }),
  eventContextLogLines: setting({
    flag: 'event-context-log-lines',
    group: 'detection',
    doc: 'last lines of a log that are told',
    format: whole({ min: 1, max: 200 }),
    default: '20',
  }),
  eventContextLogBytes: setting({
    flag: 'event-context-log-bytes',
    group: 'detection',
    doc: 'most bytes of a log that are told',
    format: whole({ min: 256, max: 4096 }),
    default: '4096',
  }),
} as const;
