// `npm run cluster`: a real Kubernetes on this machine, without Docker and without downloading images. See README.md beside this.
import { parseCommand, USAGE, type Command } from './cli/command.ts';
import { prepare } from './cli/prepare.ts';
import { serve } from './cli/serve.ts';
import { down, status, up } from './cli/up.ts';

async function run(command: Command): Promise<number> {
  switch (command.kind) {
    case 'up':
      return up(command.name, command.node, command.controllers);
    case 'serve':
      return serve(command.name, command.node, command.controllers);
    case 'down':
      return down(command.name);
    case 'status':
      return status(command.name);
    case 'prepare':
      return prepare(command.require);
    case 'help':
      process.stdout.write(USAGE);
      return 0;
    case 'mistake':
      process.stderr.write(`${command.text}\n\n${USAGE}`);
      return 2;
  }
}

process.exitCode = await run(parseCommand(process.argv.slice(2)));
