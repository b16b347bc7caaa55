/**
 * `npm run demo`: the whole path with nothing made up. A real Envoy, two really different models, twinspan between,
 * customers who ask about irises. In the first act the shadow is the live model once more, and twinspan must find it
 * ready for a canary. In the second it is version 2: how far do the models agree, what does one difference look like as
 * a trace, what is the verdict. In the third the shadow and twinspan are killed while customers go on. Everything is
 * stopped at the end, also after Ctrl-C and after a failure.
 */

import { once } from 'node:events';
import { resolve } from 'node:path';

import { ProcessFailure } from './child-process.ts';
import { customerCalls, expectAnswers } from './customers.ts';
import { EnvoyNotFound, findEnvoy } from './envoy-finder.ts';
import { observe } from './observe.ts';
import { playOutages } from './outages.ts';
import { outageFaults, printOutages } from './outages-summary.ts';
import {
  faultsOf,
  printAgreement,
  printExample,
  printModels,
  printObserved,
  printTopology,
  printWhereToLook,
  selfFaultsOf,
} from './summary.ts';
import { createTerminal, type Output, type Terminal } from './terminal.ts';
import { startTopology, type Topology } from './topology.ts';
import { printMeaning, printVerdict } from './verdict-summary.ts';
import { claimDirectory, type WorkingDirectory } from './working-directory.ts';

/** How to run. */
export type DemoOptions = {
  /** How long customers send in each of the first two acts, if that is enough to decide; 15 by default. */
  readonly seconds?: number;
  /** Stay up after the summary until Ctrl-C. */
  readonly keep?: boolean;
  /** Where the text goes; standard output by default. */
  readonly output?: Output;
};

/** What a run came to. */
type Run = {
  /** Each a sentence; empty when all went well. */
  readonly faults: readonly string[];
  readonly verdicts: readonly { readonly subject: string; readonly state: string }[];
};

const SECONDS = 15;
const SMALL_FLOORS = [
  'Margins and floors are small here, to decide within seconds: a real rollout uses narrower margins,',
  'more pairs and at least a day (docs/verdict.md).',
];
const EXIT_INTERRUPTED = 130;

class Interrupted extends Error {}

/**
 * Runs the demo and resolves with the exit code: 0, or 1 when a part did not start or ended, customers saw an error,
 * the books do not balance, nothing was compared or version 1 was not found ready beside itself, or 130 after Ctrl-C before the summary. Never rejects because of
 * these.
 */
export async function runDemo(options: DemoOptions = {}): Promise<number> {
  const terminal = createTerminal(options.output ?? process.stdout);
  const ending = new AbortController();
  const interrupt = () => ending.abort(new Interrupted());
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  let workingDirectory: WorkingDirectory | undefined;
  let topology: Topology | undefined;
  let exitCode: number;
  try {
    terminal.line(terminal.paint('bold', 'twinspan demo: two iris models behind a real Envoy'));
    const envoyBinary = await findEnvoy({ log: (line) => terminal.line(`  ${line}`) });
    ending.signal.throwIfAborted();
    workingDirectory = await claimDirectory(resolve(import.meta.dirname, '..', '.cache', 'demo'));
    topology = await startTopology({
      envoyBinary,
      directory: workingDirectory.path,
      onFailure: (failure) => ending.abort(failure),
    });
    printTopology(terminal, topology, envoyBinary);
    const run = await playActs(terminal, topology, options.seconds ?? SECONDS, ending.signal);
    printWhereToLook(terminal, topology, options.keep === true);
    exitCode = printConclusion(terminal, topology, run);
    if (options.keep === true) await keepRunning(terminal, ending.signal);
  } catch (error) {
    // After an abort other calls fail as a consequence; its reason is what happened.
    exitCode = reportTrouble(terminal, ending.signal.aborted ? ending.signal.reason : error);
  }
  try {
    await topology?.stop();
  } catch (error) {
    exitCode = reportTrouble(terminal, error);
  }
  await workingDirectory?.release();
  for (const signal of signals) process.removeListener(signal, interrupt);
  return exitCode;
}

/** Plays and prints the acts. After a failed act the next would show nothing new. */
async function playActs(
  terminal: Terminal,
  topology: Topology,
  seconds: number,
  signal: AbortSignal,
): Promise<Run> {
  const { live } = topology;
  const calls = await expectAnswers(topology.liveUrl, customerCalls(), signal);
  const act = { topology, calls, seconds, terminal, signal };

  terminal.heading('First act', 'version 1 beside itself: nothing may be found');
  printModels(terminal, live, topology.shadow);
  const same = await observe({ ...act, shadowVersion: topology.shadow.version });
  printObserved(terminal, same);
  printVerdict(terminal, same.verdict, 'all');
  for (const line of SMALL_FLOORS) terminal.line(`  ${terminal.paint('dim', line)}`);
  const selfFaults = selfFaultsOf(same);
  if (selfFaults.length > 0) return { faults: selfFaults, verdicts: [] };

  const shadow = await topology.deployShadow('iris-neighbours');
  signal.throwIfAborted();
  terminal.heading('Second act', 'version 2 is deployed as the shadow: a new experiment begins');
  printModels(terminal, live, shadow);
  const observed = await observe({ ...act, shadowVersion: shadow.version });
  printObserved(terminal, observed);
  if (observed.agreement !== undefined) printAgreement(terminal, observed.agreement);
  if (observed.example !== undefined) printExample(terminal, observed.example);
  printVerdict(terminal, observed.verdict, 'not passed');
  printMeaning(terminal, observed.verdict);
  const faults = faultsOf(observed);
  if (faults.length > 0) return { faults, verdicts: [] };

  const outages = await playOutages({ ...act, observed });
  printOutages(terminal, outages);
  return {
    faults: outageFaults(outages),
    verdicts: [
      { subject: 'Version 1 beside itself', state: same.verdict.state },
      { subject: 'Version 2', state: observed.verdict.state },
    ],
  };
}

function printConclusion(
  terminal: Terminal,
  topology: Topology,
  { faults, verdicts }: Run,
): number {
  terminal.line();
  for (const fault of faults) terminal.line(terminal.paint('red', `FAILED: ${fault}`));
  if (faults.length > 0) {
    terminal.line(`The logs in ${topology.files.directory} say more.`);
    return 1;
  }
  const words = verdicts.map(({ subject, state }) => `${subject}: ${state}`);
  terminal.line(`${words.join('. ')}.`);
  terminal.line(terminal.paint('green', 'Customers noticed nothing, and the books agree.'));
  return 0;
}

/** Returns at Ctrl-C; throws when a part ends by itself. */
async function keepRunning(terminal: Terminal, signal: AbortSignal): Promise<void> {
  terminal.line('Running on; Ctrl-C stops everything.');
  if (!signal.aborted) await once(signal, 'abort');
  if (!(signal.reason instanceof Interrupted)) throw signal.reason;
}

function reportTrouble(terminal: Terminal, error: unknown): number {
  terminal.line();
  if (error instanceof Interrupted) {
    terminal.line('Interrupted; everything is being stopped.');
    return EXIT_INTERRUPTED;
  }
  if (!(error instanceof ProcessFailure || error instanceof EnvoyNotFound)) {
    terminal.line(terminal.paint('red', `The demo failed: ${(error as Error).message}`));
    return 1;
  }
  terminal.line(terminal.paint('red', error.message));
  return 1;
}
