/**
 * The judge of a fleet on a real Prometheus: two replicas share the traffic, one of them is restarted in between, and
 * every count gate has the evidence that one process would have which saw all of it.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { adminRoutes, type View } from '../../src/admin/routes.ts';
import { startAdminServer, type AdminServer } from '../../src/admin/server.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { compileExperiments } from '../../src/generation.ts';
import { TallyBook } from '../../src/report/tally/book.ts';
import type { TallyEntry } from '../../src/report/tally/entry.ts';
import { GateEvents } from '../../src/telemetry/gate-events.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createResource } from '../../src/telemetry/resource.ts';
import { countedValues } from '../../src/verdict/counted-values.ts';
import { verdictSettings } from '../../src/verdict/settings.ts';
import { judge, type GateRow, type Verdict } from '../../src/verdict/verdict.ts';
import { freePorts } from '../kit/free-ports.ts';
import { startPrometheus, type RealPrometheus } from '../kit/prometheus.ts';
import { temporaryFolder } from '../kit/serve.ts';
import { drawPair, seeded } from '../kit/tallies.ts';
import { configOf } from '../kit/twinspan.ts';
import { quietSources } from '../unit/telemetry/started-telemetry.ts';
import { createLifetime } from './orders.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const pairs = 6000;
const labels = ['setosa', 'versicolor'];
const file = {
  live: { name: 'model' },
  shadow: { name: 'model-next', url: 'http://127.0.0.1:1' },
  routes: [
    {
      name: 'predict',
      match: { path: '/**' },
      prediction: { preset: 'kserve-v1', labels },
      verdict: { margins: { mismatch: 0.05 } },
    },
  ],
  verdict: {
    mode: 'noninferior',
    floor: { pairs: 1000, elapsed: '0s' },
    horizon: '1h',
    latency: { threshold: { p95: 0.05, p99: 0.08 } },
  },
};
const { config } = configOf(file);
const experiment = compileExperiments(config)('1', '2');
const settings = verdictSettings(config, 'fleet');

const lifetime = createLifetime();
after(() => lifetime.end());

/** One replica: it counts what it is given, and shows it at `/metrics` until it ends. */
interface Replica {
  readonly book: TallyBook;
  count(entry: TallyEntry): void;
  stop(): Promise<void>;
}

async function startReplica(listen: string): Promise<Replica> {
  const events = new GateEvents(() => countedValues(settings));
  events.begin(experiment.id);
  const book = new TallyBook({
    clock: systemClock,
    settings: () => ({ slower: 0.1, thresholdMs: settings.thresholdMs, labels: () => labels }),
    onCounted: (id, route, gate, value, count) => events.add(id, route, gate, value, count),
  });
  const metrics = createMetrics({
    resource: createResource({ instanceId: 'i', version: '0', fromEnvironment: {} }),
    version: '0',
    sources: {
      ...quietSources,
      verdict: {
        process: { id: crypto.randomUUID(), startedAt: Date.now() },
        forEachGateEvent: (visit) => events.forEach(visit),
        experiments: () => [{ ...experiment, state: 'collecting', score: 25, overflowed: false }],
      },
    },
    spans: () => [],
    routes: ['predict'],
    onTrouble: (message) => assert.fail(message),
  });
  const view: View = {
    ready: () => true,
    metrics: () => metrics.render(),
    status: () => ({}),
    pairs: () => [],
    noise: () => ({}),
    agreement: () => [],
    verdict: () => ({ state: 'collecting', scope: 'replica', reason: '', next: '' }),
    canaries: () => [],
    pause: () => {},
    resume: () => true,
  };
  const server: AdminServer = await startAdminServer({
    listen,
    key: 'ops.listen',
    answer: adminRoutes(view, { hosts: () => new Set([listen]) }),
    log: createLog({ level: 'silent' }),
  });
  return {
    book,
    count: (entry) => book.count(experiment, entry),
    async stop() {
      metrics.stop();
      await server.close();
    },
  };
}

/** Pairs of a shadow that is nearly as good as live, with predictions that sometimes differ. */
function drawEntries(): TallyEntry[] {
  const random = seeded(7);
  const at = Date.now() - 60_000;
  return Array.from({ length: pairs }, () => {
    const entry = { ...drawPair(random, { errors: 0.01, mismatch: 0.02 }), at };
    if (entry.mismatch === undefined) return entry;
    const live = random() < 0.5 ? 'setosa' : 'versicolor';
    const shadow = random() < 0.03 ? 'virginica' : live;
    const batch = { [live]: { live: 3, shadow: shadow === live ? 3 : 2 } };
    return {
      ...entry,
      prediction: {
        count: 3,
        labels: shadow === live ? batch : { ...batch, [shadow]: { live: 0, shadow: 1 } },
      },
    };
  });
}

let prometheus: RealPrometheus;
let whole: Verdict;
let path: string;

before(async () => {
  const [one, two] = (await freePorts(2)).map((port) => `127.0.0.1:${port}`) as [string, string];
  prometheus = await startPrometheus(lifetime, [one, two]);
  const entries = drawEntries();
  const all = await startReplica('127.0.0.1:0');
  const first = await startReplica(one);
  let second = await startReplica(two);
  lifetime.after(() => all.stop());
  lifetime.after(() => first.stop());
  lifetime.after(() => second.stop());

  const scraped = (listen: string, count: number): Promise<void> =>
    prometheus.until(`sum(twinspan_gate_events_total{gate="errors",instance="${listen}"})`, count);
  for (const entry of entries) all.count(entry);
  // The second replica gets a third, and is restarted after half of that: its new counts are then higher than before.
  const ofSecond = entries.filter((_entry, index) => index % 3 === 0);
  const ofFirst = entries.filter((_entry, index) => index % 3 !== 0);
  const early = ofSecond.slice(0, 700);
  for (const entry of ofFirst) first.count(entry);
  for (const entry of early) second.count(entry);
  await scraped(two, early.length);
  await second.stop();
  second = await startReplica(two);
  for (const entry of ofSecond.slice(700)) second.count(entry);
  await scraped(two, ofSecond.length - early.length);
  await scraped(one, ofFirst.length);

  whole = judge({ active: all.book.list(), settings, now: Date.now() });
  path = join(await temporaryFolder(lifetime), 'twinspan.json');
  writeFileSync(path, JSON.stringify(file));
});

function verdict(
  ...args: string[]
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [main, 'verdict', '--prometheus', prometheus.url, '--config', path, ...args],
      (_error, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}

const named = ({ id, route, label, direction }: GateRow): string =>
  [id, route, label, direction].join(' ');

test('two replicas, one of them restarted, give the evidence of one process that saw all', async () => {
  const { stdout, stderr } = await verdict('--format', 'json');
  assert.notEqual(stdout, '', stderr);
  const fleet = JSON.parse(stdout) as Verdict;
  assert.equal(fleet.scope, 'fleet');
  assert.deepEqual(
    fleet.warnings.filter(({ code }) => code !== 'unlabelled'),
    [],
  );
  assert.deepEqual(fleet.gates.map(named), whole.gates.map(named));
  assert.equal(fleet.gates.length, 12);
  for (const [index, gate] of fleet.gates.entries()) {
    const expected = whole.gates[index]!;
    assert.deepEqual(gate.counts, expected.counts, named(gate));
    assert.deepEqual(gate.lnE, expected.lnE, named(gate));
    assert.deepEqual(gate.cs95, expected.cs95, named(gate));
    assert.equal(gate.state, expected.state, named(gate));
  }
  assert.equal(fleet.pairs.comparable, whole.pairs.comparable);
  assert.equal(fleet.experiment?.id, experiment.id);
  assert.equal(fleet.experiment.shadow.version, experiment.shadow.version);
});

test('a judge that began after the restart knows what was counted before it', async () => {
  const { stdout } = await verdict(
    '--format',
    'json',
    '--shadow',
    '2',
    '--selector',
    'job="twinspan"',
  );
  const fleet = JSON.parse(stdout) as Verdict;
  const errors = fleet.gates.find(({ id }) => id === 'errors');
  const counted = Object.values(errors!.counts).reduce((sum, count) => sum + count, 0);
  assert.equal(counted, pairs);
});

test('series that the selector leaves out are not counted', async () => {
  const { stdout, status } = await verdict('--format', 'json', '--selector', 'job="another"');
  const nothing = JSON.parse(stdout) as Verdict;
  assert.equal(nothing.state, 'collecting');
  assert.equal(nothing.pairs.comparable, 0);
  assert.equal(status, 12);
});
