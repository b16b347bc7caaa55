/**
 * The command line: one command a file in `cli/`, loaded only when it is asked for. The only place that ends
 * the process.
 */
import { messageOf, TwinspanError } from './base/errors.ts';
import { version } from './base/version.ts';
import { commandHelp, helpOf, programHelp, type CommandName } from './cli/help.ts';

type Command = (args: string[]) => Promise<number>;

const commands: Record<CommandName, () => Promise<Command>> = {
  serve: async () => (await import('./cli/serve.ts')).serve,
  check: async () => (await import('./cli/check.ts')).check,
  envoy: async () => (await import('./cli/envoy.ts')).envoy,
  verdict: async () => (await import('./cli/verdict.ts')).verdict,
  calibrate: async () => (await import('./cli/calibrate.ts')).calibrate,
  demo: async () => (await import('./cli/demo.ts')).demo,
};

async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    process.stderr.write(programHelp(version));
    return 2;
  }
  if (name === '--version' || name === 'version') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (name === 'help' && rest[0] !== undefined) return run([rest[0], '--help']);
  if (isHelp(name) || name === 'help') {
    process.stdout.write(programHelp(version));
    return 0;
  }
  if (!isCommand(name)) {
    process.stderr.write(
      `twinspan: no command "${name}"; commands are ${Object.keys(commands).join(', ')}\n`,
    );
    return 2;
  }
  if (rest.some(isHelp)) {
    process.stdout.write(helpOf(name));
    return 0;
  }
  return (await commands[name]())(rest);
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commandHelp, name);
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

// Node would open its debugger, to which everyone on this machine may connect.
process.on('SIGUSR1', () => {});

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`twinspan: ${messageOf(error)}\n`);
  process.exitCode = error instanceof TwinspanError ? error.exitCode : 1;
}
// A finished command must end also when a library keeps a timer or a socket alive.
process.exit();
