/** The agent's version, from the one place it is kept in. */
import packageJson from '../../package.json' with { type: 'json' };

export const version: string = packageJson.version;
