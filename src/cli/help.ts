/** What the command line says of itself: one line a command, and of each its options and exit codes. */

export interface CommandHelp {
  readonly summary: string;
  /** Ways to call it, without the program's name. */
  readonly usage: readonly string[];
  readonly options: readonly (readonly [option: string, meaning: string])[];
  readonly exit: string;
}

export const commandHelp = {
  serve: {
    summary: 'run the sidecar',
    usage: ['serve --config FILE'],
    options: [['--config, -c FILE', 'the configuration; docs/configuration.md has every key']],
    exit: '0 after SIGTERM or SIGINT, 2 usage or configuration, 1 everything else',
  },
  check: {
    summary: "check a configuration, and with an Envoy that Envoy's filter",
    usage: ['check --config FILE [--envoy-admin URL] [--strict]'],
    options: [
      ['--config, -c FILE', 'the configuration'],
      ['--envoy-admin URL', 'admin address of an Envoy, whose configuration is looked at as well'],
      ['--strict', 'warnings are errors'],
    ],
    exit: '0 clean or warnings, 1 warnings with --strict, 2 configuration, 3 broken',
  },
  envoy: {
    summary: 'print the Envoy configuration that fits a configuration',
    usage: ['envoy --config FILE --for static|istio|gateway|kubernetes'],
    options: [
      ['--config, -c FILE', 'the configuration'],
      ['--for KIND', 'static (a bootstrap file), istio, gateway (Envoy Gateway) or kubernetes'],
    ],
    exit: '0, 2 usage or configuration; what must still be adapted is on standard error',
  },
  verdict: {
    summary: 'may the shadow be promoted?',
    usage: [
      'verdict --url ADDRESS [options]',
      'verdict --prometheus URL --config FILE [options]',
      'verdict --recheck FILE',
      'verdict serve --prometheus URL --config FILE --listen ADDRESS',
    ],
    options: [
      ['--url ADDRESS', 'a twinspan (admin.listen or ops.listen), or the judge of a fleet'],
      ['--token-file FILE', 'token of admin.tokenFile, or of Prometheus'],
      ['--prometheus URL', 'judge what all replicas have counted, as Prometheus has it'],
      ['--selector MATCHERS', 'narrows the series there, as in job="shop"'],
      ['--config, -c FILE', 'the configuration of the replicas: routes, margins, floors'],
      ['--experiment ID', 'default: the current one'],
      ['--shadow VERSION', 'the verdict must be of this version of the shadow'],
      ['--scope replica|fleet', 'the verdict must be of that scope'],
      ['--route NAME', 'list only the gates of this route; the state is that of all'],
      ['--wait DURATION', 'wait so long for promote, reject or a hold that is final'],
      ['--interval DURATION', 'ask so often meanwhile; default 15s'],
      ['--format text|json|markdown', 'default text'],
      ['--recheck FILE', 'decide each gate of a saved verdict (JSON) again from its counts'],
      ['--listen ADDRESS', 'of serve: where the judge answers /v1/verdict and /flagger/*'],
    ],
    exit: '0 promote, 10 reject, 11 hold, 12 collecting or --wait ran out, 2 usage or configuration, 1 no verdict to be had; --recheck: 0 all gates agree, 3 one does not, 2 unreadable',
  },
  calibrate: {
    summary: 'propose rules for what live varies in by itself',
    usage: ['calibrate --url ADDRESS [options]'],
    options: [
      ['--url ADDRESS', 'admin address of a twinspan (admin.listen)'],
      ['--token-file FILE', 'token of admin.tokenFile'],
      ['--route NAME', 'only this route'],
      ['--min-pairs N', 'propose nothing from fewer pairs; default 30'],
      ['--format yaml|json', 'default yaml, to paste under the route'],
    ],
    exit: '0, 1 when the report cannot be read, 2 usage',
  },
  demo: {
    summary: 'see it work on a real Envoy with two real models',
    usage: ['demo [--seconds N] [--keep]'],
    options: [
      ['--seconds N', 'how long customers send in an act'],
      ['--keep', 'go on running until Ctrl-C'],
    ],
    exit: '0, 1 when a part failed or customers noticed something, 130 after Ctrl-C',
  },
} as const satisfies Record<string, CommandHelp>;

export type CommandName = keyof typeof commandHelp;

/** The overview. */
export function programHelp(version: string): string {
  const commands = Object.entries(commandHelp).map(
    ([name, { summary }]) => `  ${name.padEnd(11)}${summary}`,
  );
  return `twinspan ${version}: every real request also meets the new version, whose answer is compared and never served

usage: twinspan COMMAND [options]

${commands.join('\n')}

twinspan COMMAND --help lists the options of a command; --version
`;
}

/** One command. */
export function helpOf(name: CommandName): string {
  const { summary, usage, options, exit }: CommandHelp = commandHelp[name];
  const width = Math.max(...options.map(([option]) => option.length)) + 2;
  return [
    `twinspan ${name}: ${summary}`,
    '',
    ...usage.map((way, index) => `${index === 0 ? 'usage: ' : '       '}twinspan ${way}`),
    '',
    ...options.map(([option, meaning]) => `  ${option.padEnd(width)}${meaning}`),
    '',
    `exit codes: ${exit}`,
    '',
  ].join('\n');
}
