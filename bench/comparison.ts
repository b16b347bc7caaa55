/**
 * What a comparison of two JSON answers costs, beside two diff libraries: from the bytes of both answers to the
 * list of differences, so with `JSON.parse` for the libraries and with the whole comparison (status, headers,
 * decoding, bodies) for ours. Each contender's result is asserted before it is timed. Bounded: a row is measured for
 * `--seconds`, whatever the machine, in blocks of which the contenders take one each in turn. Counted
 * is the CPU time of all threads, garbage collection included, so that other work on the machine weighs little.
 *
 *     node bench/comparison.ts [--seconds 4] [--json]
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { DiffPatcher } from 'jsondiffpatch';
import microdiff from 'microdiff';

import { compare } from '../src/comparison/compare.ts';
import { makePair, rulesOf } from '../test/unit/comparison/make-pair.ts';
import { bodyPairs, type BodyPair } from './answer-bodies.ts';

/** Long enough for the clock, short enough that a row has many. */
const blockMs = 3;
const sizes = [
  { name: '1 KB', bytes: 1_000 },
  { name: '10 KB', bytes: 10_000 },
  { name: '100 KB', bytes: 100_000 },
];

/** A way to compare two bodies. */
interface Contender {
  readonly name: string;
  /** Does the work once; what it returns is only looked at by `pointers`. */
  readonly prepare: (bodies: BodyPair) => () => unknown;
  /** The places at which the result says that the bodies differ; none for what compares nothing. */
  readonly pointers?: (result: unknown) => string[];
}

/** Microseconds of CPU a comparison, over the blocks of one contender. */
interface Cost {
  readonly median: number;
  readonly p99: number;
  readonly blocks: number;
}

const patcher = new DiffPatcher();
const contenders: readonly Contender[] = [
  {
    name: 'twinspan',
    prepare: ({ live, shadow }) => {
      const type = 'application/json';
      const pair = makePair({ type, body: live }, { type, body: shadow });
      const rules = rulesOf();
      return () => compare(pair, rules);
    },
    pointers: (result) =>
      (result as ReturnType<typeof compare>).differences.map(({ pointer }) => pointer),
  },
  {
    name: 'jsondiffpatch',
    prepare: (bodies) => () => patcher.diff(parse(bodies.live), parse(bodies.shadow)),
    pointers: (delta) => [...new Set(pointersInDelta(delta))],
  },
  {
    name: 'microdiff',
    // Texts have no cycles, and looking for them is what costs it most.
    prepare: (bodies) => () =>
      microdiff(parse(bodies.live), parse(bodies.shadow), { cyclesFix: false }),
    pointers: (result) =>
      (result as ReturnType<typeof microdiff>).map(({ path }) => `/${path.join('/')}`),
  },
  {
    name: 'JSON.parse of both, no comparison',
    prepare: (bodies) => () => [parse(bodies.live), parse(bodies.shadow)],
  },
];

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, json: { type: 'boolean', default: false } },
});
const seconds = Number(values.seconds);

const rows = sizes.flatMap(({ name, bytes }) =>
  bodyPairs(bytes).map((bodies) => ({ size: name, bytes: bodies.live.length, bodies })),
);
for (const { bodies } of rows) for (const contender of contenders) requireRight(contender, bodies);
// All rows before the first is timed: what the compiler makes of a function depends on all that it has seen.
for (const { bodies } of rows) measure(bodies, 0.5);
const measured = rows.map(({ size, bytes, bodies }) => ({
  size,
  bytes,
  bodies: bodies.name,
  costs: measure(bodies, seconds),
}));

const machine = {
  cpu: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
  node: process.version,
  jsondiffpatch: versionOf('jsondiffpatch'),
  microdiff: versionOf('microdiff'),
};
process.stdout.write(values.json ? `${JSON.stringify({ machine, measured })}\n` : table());

/** Throws unless the contender finds exactly the differences that the bodies were made with. */
function requireRight({ name, prepare, pointers }: Contender, bodies: BodyPair): void {
  if (pointers === undefined) return;
  const found = pointers(prepare(bodies)()).sort();
  assert.deepEqual(found, [...bodies.differences].sort(), `${name}, ${bodies.name}`);
}

/** The contenders take a block each in turn, a different one first each time. */
function measure(bodies: BodyPair, forSeconds: number): Record<string, Cost> {
  const runs = contenders.map(({ name, prepare }) => {
    const work = prepare(bodies);
    return { name, work, times: timesIn(work), samples: new Array<number>() };
  });
  const end = performance.now() + forSeconds * 1000;
  for (let round = 0; performance.now() < end; round++) {
    for (let place = 0; place < runs.length; place++) {
      const { work, times, samples } = runs[(round + place) % runs.length]!;
      const before = process.cpuUsage();
      for (let time = 0; time < times; time++) work();
      const { user, system } = process.cpuUsage(before);
      samples.push((user + system) / times);
    }
  }
  return Object.fromEntries(runs.map(({ name, samples }) => [name, costOf(samples)]));
}

/** How often the work is done in a block, once it has been compiled. */
function timesIn(work: () => unknown): number {
  let times = 0;
  const began = performance.now();
  while (performance.now() - began < 40) {
    work();
    times++;
  }
  return Math.max(1, Math.round((times * blockMs) / 40));
}

function costOf(samples: readonly number[]): Cost {
  const sorted = samples.toSorted((one, other) => one - other);
  const at = (quantile: number) => sorted[Math.floor((sorted.length - 1) * quantile)]!;
  return { median: at(0.5), p99: at(0.99), blocks: sorted.length };
}

function parse(body: Buffer): Record<string, unknown> {
  return JSON.parse(body.toString('utf8')) as Record<string, unknown>;
}

/**
 * Of a delta of jsondiffpatch in which no array changes its length. A list stands for a value that changed; an item of
 * an array that is no object is removed and added at one place, so its pointer comes twice.
 */
function pointersInDelta(delta: unknown, pointer = ''): string[] {
  if (delta === undefined) return [];
  if (Array.isArray(delta)) return [pointer];
  return Object.entries(delta as object).flatMap(([key, inner]) =>
    key === '_t' ? [] : pointersInDelta(inner, `${pointer}/${key.replace(/^_/, '')}`),
  );
}

function versionOf(name: string): string {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

function table(): string {
  const names = contenders.map(({ name }) => name);
  return [
    `µs of CPU a comparison, median (p99) over blocks of about ${blockMs} ms; ${machine.cpu}, Node ${machine.node}, jsondiffpatch ${machine.jsondiffpatch}, microdiff ${machine.microdiff}`,
    '',
    `| bodies | ${names.join(' | ')} |`,
    `| --- | ${names.map(() => '---:').join(' | ')} |`,
    ...measured.map(({ size, bodies, costs }) => {
      const cells = names.map(
        (name) => `${rounded(costs[name]!.median)} (${rounded(costs[name]!.p99)})`,
      );
      return `| ${size}, ${bodies} | ${cells.join(' | ')} |`;
    }),
    '',
  ].join('\n');
}

/** Three digits say all that such a measurement knows. */
function rounded(microseconds: number): string {
  return String(Number(microseconds.toPrecision(3)));
}
