/**
 * `npm run demo`: the whole path with nothing made up. A real Envoy, two really different models, twinspan between,
 * customers who ask about irises; then what was seen: did customers notice anything, what became of each request, how
 * far do the models agree, what does one difference look like as a trace. In a second act the shadow and twinspan are
 * killed while customers go on. Everything is stopped at the end, also after Ctrl-C and after a failure.
 */

import { once } from 'node:events';
import { resolve } from 'node:path';

import { ProcessFailure } from './child-process.ts';
import { customerCalls, expectAnswers } from './customers.ts';
import { EnvoyNotFound, findEnvoy } from './envoy-finder.ts';
import { observe } from './observe.ts';
import { playSecondAct } from './second-act.ts';
import { printSecondAct, secondActFaults } from './second-act-summary.ts';
import { faultsOf, printObserved, printTopology, printWhereToLook } from './summary.ts';
import { createTerminal, type Output, type Terminal } from './terminal.ts';
import { startTopology, type Topology } from './topology.ts';
import { claimDirectory, type WorkingDirectory } from './working-directory.ts';

/** How to run. */
export type DemoOptions = {
  /** How long customers send in the first act; 20 by default. */
  readonly seconds?: number;
  /** Stay up after the summary until Ctrl-C. */
  readonly keep?: boolean;
  /** Where the text goes; standard output by default. */
  readonly output?: Output;
};

const SECONDS = 20;
const EXIT_INTERRUPTED = 130;

class Interrupted extends Error {}

/**
 * Runs the demo and resolves with the exit code: 0, or 1 when a part did not start or ended, customers saw an error,
 * the books do not balance, or nothing was compared, or 130 after Ctrl-C before the summary. Never rejects because of
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
    const faults = await playActs(terminal, topology, options.seconds ?? SECONDS, ending.signal);
    printWhereToLook(terminal, topology, options.keep === true);
    exitCode = printConclusion(terminal, topology, faults);
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

/** Plays and prints both acts; the faults of the run. After a failed first act the second would show nothing new. */
async function playActs(
  terminal: Terminal,
  topology: Topology,
  seconds: number,
  signal: AbortSignal,
): Promise<string[]> {
  const calls = await expectAnswers(topology.liveUrl, customerCalls(), signal);
  const observed = await observe({ topology, calls, seconds, terminal, signal });
  printObserved(terminal, observed);
  const faults = faultsOf(observed);
  if (faults.length > 0) return faults;
  const act = await playSecondAct({ topology, calls, observed, seconds, terminal, signal });
  printSecondAct(terminal, act);
  return secondActFaults(act);
}

function printConclusion(
  terminal: Terminal,
  topology: Topology,
  faults: readonly string[],
): number {
  terminal.line();
  for (const fault of faults) terminal.line(terminal.paint('red', `FAILED: ${fault}`));
  if (faults.length === 0) {
    terminal.line(terminal.paint('green', 'Customers noticed nothing, and the books agree.'));
    return 0;
  }
  terminal.line(`The logs in ${topology.files.directory} say more.`);
  return 1;
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
