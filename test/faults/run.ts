/**
 * The fault suite: a real Envoy with customers at a constant rate, and behind it everything that can go wrong. Fault-free
 * phases lie between the faults, so that each is measured beside its neighbours. Prints a table and fails when a promise
 * was broken. Bounded: under 15 minutes, with `--short` under one; whatever it started ends with it.
 *
 *     node test/faults/run.ts [--short] [--rate 200] [--only REGEXP]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { EnvoyNotFound, findEnvoy } from '../../demo/envoy-finder.ts';
import { endCustomers } from './load.ts';
import { runQuiet, type Quiet } from './quiet.ts';
import { runRow, type Row } from './row.ts';
import { rows } from './rows.ts';
import { startSuite } from './suite.ts';
import { quantile, tableOf, type TableRow } from './table.ts';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    rate: { type: 'string', default: '200' },
    only: { type: 'string', default: '' },
  },
});
const rate = Number(values.rate);
/** A part of the rows, by a regular expression on their names. */
const only = new RegExp(values.only);
const quietSeconds = values.short ? 0.8 : 3;
/** A customer who waits for a stalled twinspan waits longer; a busy machine is not that slow twice in a row. */
const slowMs = 250;
const slowFactor = 5;

// Handlers of 'exit' end the children; without these a signal would not come by them.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => process.exit(130));

process.exitCode = await main();

async function main(): Promise<number> {
  const chosen = rows.filter(
    ({ name, shortSeconds }) => only.test(name) && (!values.short || shortSeconds !== undefined),
  );
  if (chosen.length === 0) {
    console.error(`no fault's name has ${only}`);
    return 2;
  }
  let binary: string;
  try {
    binary = await findEnvoy({ log: console.error });
  } catch (error) {
    if (!(error instanceof EnvoyNotFound)) throw error;
    console.error(error.message);
    return 2;
  }
  const directory = await mkdtemp(join(tmpdir(), 'twinspan-faults-'));
  const suite = await startSuite(binary, directory);
  let broken: readonly string[];
  try {
    broken = await run(chosen);
  } finally {
    endCustomers();
    await suite.stop();
  }
  if (broken.length === 0) {
    await rm(directory, { recursive: true, force: true });
    return 0;
  }
  console.log(
    `\nbroken (logs are in ${directory}):\n${broken.map((line) => `- ${line}`).join('\n')}`,
  );
  return 1;

  async function run(faults: readonly Row[]): Promise<readonly string[]> {
    const began = performance.now();
    const table: TableRow[] = [];
    const broken: string[] = [];
    // The first requests pay for everything that is done once.
    await runQuiet(suite, { seconds: 2, rate, prefix: 'warm' });
    let before = await quiet('q');
    try {
      for (const [number, row] of faults.entries()) {
        for (let attempt = 1; attempt <= 2; attempt += 1) {
          const seconds = values.short ? row.shortSeconds! : row.seconds;
          const result = await runRow(suite, row, {
            seconds,
            rate,
            prefix: `f${number}.${attempt}`,
            quiet: before.resources,
          });
          const after = await quiet(`q${number}.${attempt}`);
          const quietMs = [...before.latenciesMs, ...after.latenciesMs];
          const slow = slowness(quietMs, result.load.latenciesMs);
          before = after;
          // Of a machine that others use too, a first slow row says little.
          const onlySlow = slow !== undefined && result.broken.length + after.broken.length === 0;
          if (onlySlow && attempt === 1) {
            console.log(`${row.name}: ${slow}; once more`);
            continue;
          }
          const sentences = [
            ...result.broken,
            ...(slow === undefined ? [] : [slow]),
            ...after.broken,
          ];
          table.push({ name: row.name, result: { ...result, broken: sentences }, quietMs });
          broken.push(...sentences.map((sentence) => `${row.name}: ${sentence}`));
          console.log(`${sentences.length === 0 ? 'ok    ' : 'BROKEN'} ${row.name}`);
          for (const sentence of sentences) console.log(`       ${sentence}`);
          break;
        }
      }
    } finally {
      // Also what was measured before the machinery itself failed.
      console.log(
        `\n${rate} requests/s, ${cpus().length} cores (${cpus()[0]?.model.trim()}), load average ${loadavg()[0]?.toFixed(1)}, ` +
          `Node ${process.version}, Envoy ${suite.envoyVersion}, ${((performance.now() - began) / 1000).toFixed(0)} s\n`,
      );
      console.log(tableOf(table));
    }
    return broken;
  }

  function quiet(prefix: string): Promise<Quiet> {
    return runQuiet(suite, { seconds: quietSeconds, rate, prefix });
  }
}

function slowness(quietMs: readonly number[], faultMs: readonly number[]): string | undefined {
  const limit = Math.max(slowMs, slowFactor * quantile(quietMs, 0.99));
  const p99 = quantile(faultMs, 0.99);
  return p99 > limit ? `p99 was ${p99.toFixed(0)} ms, above ${limit.toFixed(0)} ms` : undefined;
}
