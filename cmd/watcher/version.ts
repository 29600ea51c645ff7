/** The agent's version, from the one place it is kept in. */
import packageJson from '../../package.json' with { type: 'json' };

export const version: string = packageJson.version;

/** What `watcher version` and `watcher --version` print. */
export function versionText(form: 'text' | 'json'): string {
  const { version: node, platform, arch } = process;
  return form === 'json' ? `${JSON.stringify({ version, node, platform, arch })}\n` : `watcher ${version}\n`;
}
