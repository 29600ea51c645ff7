/** Settings: who may keep failures silent for a while, and for how long. The silences themselves come from the plane or annotations. */
import { silenceMaxBounds } from './bounds.ts';
import { duration } from './duration.ts';
import { someOf } from './format-some.ts';
import { setting } from './setting.ts';

export const silenceSettings = {
  silenceAnnotations: setting({
    flag: 'silence-annotations',
    group: 'detection',
    doc: 'whose annotation watcher/silence keeps failures silent: pods, namespaces, workloads (which are read for it)',
    format: someOf('CARRIER,...', ['pods', 'namespaces', 'workloads']),
    default: 'pods,namespaces',
  }),
  silenceMaxMs: setting({
    flag: 'silence-max',
    group: 'detection',
    doc: 'how far away the end of a silence may be; one that ends later silences nothing yet',
    format: duration(silenceMaxBounds),
    default: '168h',
  }),
} as const;
