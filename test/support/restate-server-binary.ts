// Where the real Restate server's binary is, or why there is none.
//
// It comes with npm as an optional dependency of @restatedev/restate-server, one package for each platform, so a machine
// of another kind, or an install without optional dependencies, has none. Tests that need it are then skipped with the reason.
// WATCHER_RESTATE_SERVER names another binary, to run them on another version.
import { createRequire } from 'node:module';

/** The path of the binary, or one sentence for a skipped test. */
export type FoundRestateServer =
  { readonly found: true; readonly path: string } | { readonly found: false; readonly reason: string };

/** Looks for the binary of this platform, as npm installed it. Never throws. */
export function findRestateServer(
  platform: string = process.platform,
  arch: string = process.arch,
): FoundRestateServer {
  const chosen = process.env['WATCHER_RESTATE_SERVER'];
  if (chosen !== undefined && chosen !== '') return { found: true, path: chosen };
  const name = `@restatedev/restate-server-${platform}-${arch}`;
  try {
    return { found: true, path: createRequire(import.meta.url).resolve(`${name}/bin/restate-server`) };
  } catch {
    return { found: false, reason: `no Restate server here: package ${name} is not installed` };
  }
}

/** For node:test's `skip`: false where the real server can run, else the reason. */
export function skipWithoutRestate(): false | string {
  const server = findRestateServer();
  return server.found ? false : server.reason;
}
