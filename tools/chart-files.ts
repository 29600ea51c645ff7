/**
 * The files of the chart that come from the code and from other files: the schema and the settings of its values, the
 * table of rights, the alert rules and the dashboard, which Helm reads only where they lie in the chart itself.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { rightsTable } from '../internal/kubernetes/rights-table.ts';
import { renderSettingsValues } from './chart-schema.ts';
import { valuesSchema } from './chart-values-schema.ts';

const root = path.join(import.meta.dirname, '..');
const chart = 'deploy/chart';
const SETTINGS = /(# generated: settings\n)[\s\S]*?(# end of settings\n)/;

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** What each file should hold, by its path in the repository. */
export const chartFiles: Readonly<Record<string, () => string>> = {
  [`${chart}/values.yaml`]: () =>
    read(`${chart}/values.yaml`).replace(
      SETTINGS,
      (_all, open: string, close: string) => `${open}${renderSettingsValues()}\n${close}`,
    ),
  [`${chart}/values.schema.json`]: () => `${JSON.stringify(valuesSchema(), null, 2)}\n`,
  [`${chart}/files/rights.yaml`]: () => renderRights(),
  [`${chart}/files/watcher.rules.yaml`]: () => read('deploy/alerts/watcher.rules.yaml'),
  [`${chart}/files/watcher.dashboard.json`]: () => read('deploy/dashboards/watcher.json'),
};

function renderRights(): string {
  const rows = rightsTable.map(({ feature, group, resource, verbs, place, only, why }) => ({
    ...{ feature, group, resource, verbs: [...verbs], place },
    ...(only === undefined ? {} : { only }),
    why,
  }));
  const head = '# Made from internal/kubernetes/rights-table.ts by `npm run docs`.\n';
  return head + stringify(rows, { lineWidth: 0, aliasDuplicateObjects: false });
}
