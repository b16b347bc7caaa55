/**
 * Which exchanges are counted together, on real traffic: those of the same two versions that are compared by the same
 * rules. Canaries and what went to a control are in no experiment.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { GateRow, Verdict } from '../../src/verdict/verdict.ts';
import { until } from '../kit/until.ts';
import { judgedModels } from './judged-models.ts';

const canaries = 60;

test('each version of the shadow and each set of rules has an experiment of its own, which the counters tell as the verdict does', async (t) => {
  const models = await judgedModels(
    t,
    { version: '2' },
    {
      control: 0.2,
      verdict: {
        mode: 'noninferior',
        // So late that nothing is, however busy the machine.
        latency: { threshold: { p95: 60, p99: 60 } },
      },
    },
  );
  await models.served(models.customers({ times: 200 }));
  const load = models.customers({ times: 600 });
  await until('customers', () => load.begun >= 150 || undefined);
  models.shadow.faults = { version: '3' };
  await models.served(load);
  const canary = models.customers({ times: canaries, path: '/canary/predict' });
  const { exchanges } = await models.served(canary);

  const current = await models.verdict();
  assert.deepEqual(Object.keys(exchanges.outcomes).toSorted(), ['control', 'match']);
  const paired = exchanges.outcomes['match']! - canaries;
  assert.equal(current.pairs.sampled, current.experiments[0]?.pairs);
  assert.equal(
    current.experiments.reduce((sum, { pairs }) => sum + pairs, 0),
    paired,
    'canaries and the control count nowhere',
  );
  const asked = await Promise.all(
    current.experiments.map(({ id }) => models.verdict(`?experiment=${id}`)),
  );
  assert.deepEqual(
    asked.map(({ state, experiment }) => [
      experiment?.shadow.version,
      experiment?.attempt,
      experiment?.current,
      state,
    ]),
    [
      ['3', 1, true, 'collecting'],
      ['2', 1, false, 'collecting'],
    ],
    'side by side, the one with most pairs first',
  );
  const metrics = await (await fetch(`http://${models.sidecar.admin}/metrics`)).text();
  for (const verdict of asked) assertCounters(metrics, verdict);

  const unknown = await models.verdict('?experiment=0000000000000000');
  assert.deepEqual(
    [unknown.state, unknown.warnings.map(({ code }) => code)],
    ['collecting', ['unknown_experiment']],
  );

  await models.reload({ route: { compare: { ignore: ['/model'] } } });
  await models.served(models.customers({ times: 100 }));
  const { experiment, alpha, state } = await models.verdict();
  assert.deepEqual(
    [experiment?.shadow.version, experiment?.attempt, state],
    ['3', 2, 'collecting'],
    'other rules for the same versions are another attempt',
  );
  assert.ok(Math.abs(alpha.promote - 0.05 / 4) < 1e-12);
  for (const { experiment: former, pairs } of asked) {
    const closed = await models.verdict(`?experiment=${former!.id}`);
    assert.deepEqual(
      [closed.state, closed.hold?.reason, closed.pairs.comparable],
      ['hold', 'superseded', pairs.comparable],
    );
  }
});

/** What was counted at each gate of a verdict is what its experiment's counters say. */
function assertCounters(metrics: string, { experiment, gates }: Verdict): void {
  const counted = new Map<string, Record<string, number>>();
  for (const [, labels, count] of metrics.matchAll(
    /^twinspan_gate_events_total\{(.*)\} (\S+)$/gm,
  )) {
    const of = Object.fromEntries(
      [...labels!.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value!]),
    );
    if (of['experiment'] !== experiment?.id || Number(count) === 0) continue;
    const cell = `${of['route']} ${of['gate']}`;
    counted.set(cell, { ...counted.get(cell), [of['value']!]: Number(count) });
  }
  const rows = gates.filter(({ direction }) => direction !== 'less');
  assert.ok(
    rows.some(({ id }) => id === 'latency_p99') && rows.some(({ id }) => id === 'coverage'),
  );
  assert.ok(rows.some(({ label }) => label === 'setosa'));
  for (const { route, counts, ...gate } of rows) {
    const cell = `${route} ${cellOf(gate)}`;
    // Of a process that has just started no latency is counted.
    assert.deepEqual(counted.get(cell) ?? {}, counts, cell);
  }
}

function cellOf({ id, label }: Pick<GateRow, 'id' | 'label'>): string {
  if (label === undefined) return id;
  return label.startsWith('~') ? `${id}${label}` : `${id}/${label}`;
}
