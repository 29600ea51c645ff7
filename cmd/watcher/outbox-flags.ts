/** Flags that several outbox commands share, and how they are read. */
import { loadConfig, type Loaded } from '../../internal/config/load.ts';
import type { DescribedFlag, Invocation } from './command.ts';
import type { Filter } from './outbox-pages.ts';

export const namespaceFlag: DescribedFlag = {
  ...{ name: 'namespace', short: 'n', placeholder: 'NAME' },
  doc: 'only events of pods in this namespace',
};
export const idFlag: DescribedFlag = { name: 'id', placeholder: 'ID,...', isList: true, doc: 'only these event ids' };
export const limitFlag: DescribedFlag = { name: 'limit', placeholder: 'N', doc: 'how many at most, 0 for all (50)' };
export const afterFlag: DescribedFlag = {
  ...{ name: 'after', placeholder: 'SEQ' },
  doc: 'begin behind this place: the SEQ of the last one shown before',
};
export const reasonFlag = (doc: string): DescribedFlag => ({ name: 'reason', placeholder: 'REASON', doc });

/** Settings and flags of an outbox command; of the settings --data-dir and --cluster-id matter. */
export function loadOutboxCommand(
  { args, environment }: Invocation,
  flags: readonly DescribedFlag[],
  mostPositionals = 0,
): Loaded {
  return loadConfig({ argv: args, environment, require: [], commandFlags: flags, mostPositionals });
}

export function filterOf({ commandFlags, positionals }: Pick<Loaded, 'commandFlags' | 'positionals'>): Filter {
  const named = commandFlags.get('id')?.split(',') ?? [];
  return {
    namespace: commandFlags.get('namespace'),
    reason: commandFlags.get('reason'),
    ids: [...positionals, ...named].map((id) => id.trim()).filter((id) => id !== ''),
  };
}
