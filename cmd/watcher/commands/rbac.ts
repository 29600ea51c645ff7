/**
 * `watcher rbac`: the rights that the agent needs with these settings, as objects for `kubectl apply -f -` or as a table.
 * From the table that the chart's roles and `watcher check` come from too. Asks nobody and changes nothing.
 */
import { Document, isMap, isSeq } from 'yaml';
import { objectName, namespaceName } from '../../../internal/config/format-kubernetes.ts';
import type { Format } from '../../../internal/config/format.ts';
import { loadConfig } from '../../../internal/config/load.ts';
import {
  bindingObject,
  roleObject,
  rolesOf,
  serviceAccountObject,
  type Bearer,
  type KubernetesObject,
  type RoleManifest,
} from '../../../internal/kubernetes/rights-manifests.ts';
import { rightsNeeded, type Right } from '../../../internal/kubernetes/rights.ts';
import { renderTable } from '../../../internal/platform/table.ts';
import { asideOf } from '../aside.ts';
import type { Command, CommandHelp, DescribedFlag } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { outputFlag, outputOf, readFlag } from '../command-flags.ts';
import { rightsNeedsOf } from '../rights-needs.ts';

const FORMS = ['yaml', 'json', 'table'] as const;

const flags: readonly DescribedFlag[] = [
  { name: 'name', placeholder: 'NAME', doc: 'of the roles and bindings (watcher)' },
  { name: 'service-account', placeholder: 'NAME', doc: 'who gets the rights (as --name)' },
  {
    name: 'namespace',
    short: 'n',
    placeholder: 'NAMESPACE',
    doc: 'where the agent runs (--pod-namespace, else default)',
  },
  outputFlag(FORMS),
];

export const rbacHelp: CommandHelp = {
  flags,
  examples: [
    'watcher rbac --watch-namespace-mode=all -n watcher | kubectl apply -f -',
    'watcher rbac --watch-namespace=shop -n shop -o table',
    'watcher rbac --watch-namespace-mode=all --enabled-reasons="*" --service-account=agent -n watcher',
  ],
  // Objects of Kubernetes in a v1 List.
  json: { kind: 'document', fields: ['apiVersion', 'kind', 'items[]...'] },
};

export const rbac: Command = ({ args, environment, terminal }) => {
  const { config, commandFlags, warnings } = loadConfig({ argv: args, environment, require: [], commandFlags: flags });
  const read = (flag: string, fallback: string, format: Format<string>): string =>
    readFlag(commandFlags, flag, fallback, (text) => format.parse(text));
  const namespace = read('namespace', config.podNamespace ?? 'default', namespaceName());
  const name = read('name', 'watcher', objectName());
  const serviceAccount = read('service-account', name, objectName());
  // An agent with rights runs inside the cluster, where a Lease is held unless that is switched off.
  const needs = rightsNeedsOf({ ...config, podNamespace: namespace }, { namespace, isInCluster: true });
  const rights = rightsNeeded(needs);
  const output = outputOf(commandFlags, FORMS);
  terminal.out(render(rights, { name, serviceAccount, namespace }, output));
  asideOf(terminal, output).warn(warnings);
  return Promise.resolve(exitCodes.ok);
};

function render(rights: readonly Right[], bearer: Bearer, form: (typeof FORMS)[number]): string {
  switch (form) {
    case 'table':
      return tableOf(rights);
    case 'json': {
      const items = rolesOf(rights, bearer).flatMap((role) => [roleObject(role), bindingObject(role, bearer)]);
      const list = { apiVersion: 'v1', kind: 'List', items: [serviceAccountObject(bearer), ...items] };
      return `${JSON.stringify(list, null, 2)}\n`;
    }
    case 'yaml': {
      const roles = rolesOf(rights, bearer).flatMap((role) => [roleYaml(role), yamlOf(bindingObject(role, bearer))]);
      return [yamlOf(serviceAccountObject(bearer)), ...roles].join('---\n');
    }
  }
}

/** With what each rule is for, as a comment before it. */
function roleYaml(role: RoleManifest): string {
  const document = new Document(roleObject(role), { aliasDuplicateObjects: false });
  const rules = document.get('rules');
  if (isSeq(rules)) {
    for (const [at, item] of rules.items.entries()) {
      if (isMap(item)) item.commentBefore = ` ${role.rules[at]?.why ?? ''}`;
    }
  }
  return document.toString({ lineWidth: 0 });
}

function yamlOf(object: KubernetesObject): string {
  return new Document(object, { aliasDuplicateObjects: false }).toString({ lineWidth: 0 });
}

function tableOf(rights: readonly Right[]): string {
  const columns = ['WHERE', 'VERBS', 'RESOURCE', 'ONLY', 'WHAT FOR'].map((heading) => ({ heading }));
  const rows = rights.map(({ row, namespace, name }) => [
    namespace === '' ? 'cluster' : `namespace ${namespace}`,
    row.verbs.join(','),
    row.group === '' ? row.resource : `${row.resource}.${row.group}`,
    name ?? '-',
    row.why,
  ]);
  return renderTable(columns, rows);
}
