// Who may talk to a cluster: bearer tokens with users and groups (token-auth-file), the key of service accounts, kubeconfigs.
//
// RBAC is on; the administrator is in system:masters, every other user has the rights that a test grants it. Files are readable by
// their owner only.
import { generateKeyPair, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** A user known by its token. Without groups it may do nothing but look at versions and health. */
export interface TokenUser {
  readonly user: string;
  /** Random where not given. */
  readonly token?: string;
  readonly groups?: readonly string[];
}

/** A user with its token drawn. */
export type KnownUser = Required<TokenUser>;

/** The user everything of the cluster itself runs as. */
export const ADMIN_USER = 'admin';

const OWNER_ONLY = { mode: 0o600 };

/** The administrator and these users, each with a token. Throws on a name that the file format can't carry. */
export function knownUsers(users: readonly TokenUser[]): KnownUser[] {
  const all = [{ user: ADMIN_USER, groups: ['system:masters'] }, ...users];
  return all.map((one: TokenUser) => {
    const known = { token: randomBytes(24).toString('hex'), groups: [], ...one };
    const texts = [known.user, known.token, ...known.groups];
    if (texts.some((text) => /[",\r\n]/.test(text))) throw new Error(`not possible in a token file: ${known.user}`);
    return known;
  });
}

/** Writes the token-auth-file: token,user,uid,"group,group". */
export function writeTokenFile(file: string, users: readonly KnownUser[]): void {
  const lines = users.map((one) => `${one.token},${one.user},${one.user},"${one.groups.join(',')}"`);
  writeFileSync(file, `${lines.join('\n')}\n`, OWNER_ONLY);
}

/** Writes the RSA key that service account tokens are signed with. */
export async function writeServiceAccountKey(file: string): Promise<void> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), OWNER_ONLY);
}

/** A kubeconfig, as JSON (which is YAML), for one user of one server. */
export function kubeconfig(server: { url: string; caFile: string }, user: { user: string; token: string }): string {
  const name = 'watcher-test';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: server.url, 'certificate-authority': server.caFile } }],
    users: [{ name: user.user, user: { token: user.token } }],
    contexts: [{ name, context: { cluster: name, user: user.user, namespace: 'default' } }],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Writes a user's kubeconfig into a folder and returns its path. */
export function writeKubeconfig(dir: string, server: { url: string; caFile: string }, user: KnownUser): string {
  const file = path.join(dir, `${user.user.replace(/[^A-Za-z0-9.-]/g, '_')}.kubeconfig`);
  writeFileSync(file, kubeconfig(server, user), OWNER_ONLY);
  return file;
}
