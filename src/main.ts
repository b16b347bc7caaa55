/**
 * The command line: one command a file in `cli/`, loaded only when it is asked for. The only place that ends
 * the process.
 */
import { messageOf, TwinspanError } from './base/errors.ts';
import { version } from './base/version.ts';

type Command = (args: string[]) => Promise<number>;

const commands: Record<string, { summary: string; load: () => Promise<Command> }> = {
  serve: {
    summary: 'run the sidecar:  serve --config FILE',
    load: async () => (await import('./cli/serve.ts')).serve,
  },
  check: {
    summary:
      'check a configuration, and with an Envoy its filter:  check --config FILE [--envoy-admin URL] [--strict]',
    load: async () => (await import('./cli/check.ts')).check,
  },
  verdict: {
    summary:
      'may the shadow be promoted?  verdict --url ADDRESS | --prometheus URL --config FILE  [--wait 30m] [--format text|json|markdown] [--recheck FILE]; serve: for a whole fleet',
    load: async () => (await import('./cli/verdict.ts')).verdict,
  },
  calibrate: {
    summary:
      'propose rules for what varies by itself:  calibrate --url ADMIN [--token-file FILE] [--route ROUTE] [--min-pairs N] [--format yaml|json]',
    load: async () => (await import('./cli/calibrate.ts')).calibrate,
  },
  demo: {
    summary: 'see it work on a real Envoy with two real models:  demo [--seconds N] [--keep]',
    load: async () => (await import('./cli/demo.ts')).demo,
  },
};

const usage = `twinspan ${version}: every real request also meets the new version, whose answer is compared and never served

usage: twinspan COMMAND [options]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(11)}${summary}`)
  .join('\n')}

  --version, --help
`;

async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version' || name === 'version') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? process.stderr : process.stdout).write(usage);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(
      `twinspan: no command "${name}"; commands are ${Object.keys(commands).join(', ')}\n`,
    );
    return 2;
  }
  return (await command.load())(rest);
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`twinspan: ${messageOf(error)}\n`);
  process.exitCode = error instanceof TwinspanError ? error.exitCode : 1;
}
// A finished command must end also when a library keeps a timer or a socket alive.
process.exit();
