/**
 * The paths that are no resource: health, version, and enough discovery for kubectl and client libraries.
 */
import { sendBytes, sendJson, type Exchange } from './exchange.ts';
import type { ResourceDefinition } from './resources.ts';
import { ApiError, methodNotAllowed } from './status.ts';

/** As GET /version has it. */
function versionInfo(gitVersion: string): object {
  const [major = '', minor = ''] = gitVersion.slice(1).split('.');
  return { major, minor, gitVersion, ...BUILD };
}

const BUILD = {
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
};

/** Throws a 405. */
export function answerPath(exchange: Exchange): void {
  const { record, server } = exchange;
  const path = record.path.replace(/(?<=.)\/$/, '');
  if (['/healthz', '/livez', '/readyz'].includes(path)) {
    sendText(exchange, 200, 'ok');
    return;
  }
  const body = path === '/version' ? versionInfo(server.gitVersion) : discover(path, server.store.resources);
  if (body === undefined) sendText(exchange, 404, '404 page not found\n');
  else if (record.method !== 'GET') throw new ApiError(methodNotAllowed());
  else sendJson(exchange, 200, body);
}

function sendText(exchange: Exchange, code: number, text: string): void {
  sendBytes(exchange, code, 'text/plain; charset=utf-8', Buffer.from(text));
}

function discover(path: string, resources: readonly ResourceDefinition[]): object | undefined {
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') return groupList(resources);
  const parts = /^\/api\/(?<core>[^/]+)$|^\/apis\/(?<group>[^/]+)\/(?<version>[^/]+)$/.exec(path)?.groups;
  if (parts === undefined) return undefined;
  const { core, group = '', version = core } = parts;
  const those = resources.filter((one) => one.group === group && one.version === version);
  return those.length === 0 ? undefined : resourceList(those);
}

function groupList(resources: readonly ResourceDefinition[]): object {
  const names = [...new Set(resources.map((one) => one.group).filter((group) => group !== ''))];
  const groups = names.map((name) => {
    const versions = [...new Set(resources.filter((one) => one.group === name).map((one) => one.version))];
    const all = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions: all, preferredVersion: all[0] };
  });
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

function resourceList(resources: readonly ResourceDefinition[]): object {
  const { group = '', version = '' } = resources[0] ?? {};
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: resources.map((one) => ({
      name: one.resource,
      singularName: one.singular,
      namespaced: one.isNamespaced,
      kind: one.kind,
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
      ...(one.shortNames.length === 0 ? {} : { shortNames: one.shortNames }),
    })),
  };
}
