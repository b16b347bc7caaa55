/**
 * What `npm test` runs: every kind of test, one after the other, in Node's own format. `npm test` needs Node and what
 * brings an Envoy; with the argument `stack` it is the tests that need more programs instead. It fails when any part
 * fails and when a part runs no test at all.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EnvoyNotFound, findEnvoy } from '../demo/envoy-finder.ts';

interface Part {
  readonly name: string;
  readonly globs: readonly string[];
  /** In one process, which is much faster; the others have one each, since they hold on to global things. */
  readonly together?: boolean;
  readonly needsEnvoy?: boolean;
  /** Files at once; 2 unless said. */
  readonly concurrency?: number;
}

const repository = join(import.meta.dirname, '..');

const parts: readonly Part[] = [
  {
    name: 'unit, property, architecture',
    globs: ['test/architecture.test.ts', 'test/unit/**/*.test.ts', 'test/property/**/*.test.ts'],
    together: true,
  },
  { name: 'regression', globs: ['test/regression/**/*.test.ts'] },
  { name: 'journey', globs: ['test/journey/**/*.test.ts'] },
  { name: 'package', globs: ['test/package/**/*.test.ts'] },
  // Most of its time is waiting: for spans to be exported, for Envoy to give an exchange up.
  { name: 'envoy', globs: ['test/envoy/**/*.test.ts'], needsEnvoy: true, concurrency: 4 },
  { name: 'faults', globs: ['test/faults/**/*.test.ts'], needsEnvoy: true },
];
const stack: readonly Part[] = [
  { name: 'stack', globs: ['test/stack/**/*.test.ts'], needsEnvoy: true },
];

/** A part that hangs is ended, so that whoever waits for it learns of it. */
const partTimeoutMs = 20 * 60_000;

/** Node's closing lines, in its order. */
const counted = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'] as const;
type Counts = Record<(typeof counted)[number], number>;

const total: Counts = { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
const failed: string[] = [];
const startedAt = performance.now();
const environment = { ...process.env };

for (const part of process.argv[2] === 'stack' ? stack : parts) {
  console.log(`\n# ${part.name}`);
  const trouble = await run(part);
  if (trouble === undefined) continue;
  console.log(`# ${part.name}: ${trouble}`);
  failed.push(part.name);
}

console.log('\n# all');
for (const name of counted) console.log(`ℹ ${name} ${total[name]}`);
console.log(`ℹ duration_ms ${(performance.now() - startedAt).toFixed(0)}`);
if (failed.length > 0) {
  console.log(`\nfailed: ${failed.join('; ')}`);
  process.exitCode = 1;
}

/** What is wrong with the part, or undefined when all its tests passed. */
async function run(part: Part): Promise<string | undefined> {
  const files = globSync([...part.globs], { cwd: repository });
  if (files.length === 0) return 'there is no test';
  if (part.needsEnvoy === true) {
    const trouble = await provideEnvoy();
    if (trouble !== undefined) return trouble;
  }
  const { exitCode, counts } = await runNode(part, files.sort());
  if (counts === undefined) return 'the tests did not end';
  for (const name of counted) total[name] += counts[name];
  if (counts.tests === counts.skipped) return 'no test ran';
  return exitCode === 0 ? undefined : 'failed';
}

/** Once, before several tests would install it at the same time. */
async function provideEnvoy(): Promise<string | undefined> {
  try {
    environment['TWINSPAN_ENVOY'] = await findEnvoy({ log: console.log });
    return undefined;
  } catch (error) {
    if (error instanceof EnvoyNotFound) return error.message;
    throw error;
  }
}

async function runNode(
  part: Part,
  files: readonly string[],
): Promise<{ exitCode: number | null; counts: Counts | undefined }> {
  const folder = mkdtempSync(join(tmpdir(), 'twinspan-test-'));
  const summary = join(folder, 'summary.tap');
  try {
    const child = spawn(
      process.execPath,
      [
        '--test',
        `--test-concurrency=${part.concurrency ?? 2}`,
        `--test-isolation=${part.together === true ? 'none' : 'process'}`,
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
        // Read for its closing lines: the other one is for people.
        '--test-reporter=tap',
        `--test-reporter-destination=${summary}`,
        ...files,
      ],
      { cwd: repository, env: environment, stdio: 'inherit', timeout: partTimeoutMs },
    );
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    return {
      exitCode,
      counts: existsSync(summary) ? countsIn(readFileSync(summary, 'utf8')) : undefined,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function countsIn(tap: string): Counts | undefined {
  const numbers = counted.map((name) => {
    // The last such line: what a test prints is in the file, too.
    const lines = [...tap.matchAll(new RegExp(`^# ${name} (\\d+)$`, 'gm'))];
    return [name, Number(lines.at(-1)?.[1])] as const;
  });
  if (numbers.some(([, count]) => Number.isNaN(count))) return undefined;
  return Object.fromEntries(numbers) as Counts;
}
