/** Grafana's dashboard asks for what twinspan exposes, of data sources that are there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { parse } from 'yaml';

import { outcomes } from '../../../src/exchange/outcome.ts';
import { readRepositoryFile } from './compose-file.ts';

interface Target {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly expr?: string;
  readonly query?: string;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly Target[];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
}

/** Metrics of `/metrics` with their labels; a histogram's name stands for its `_bucket`. */
const metrics: Readonly<Record<string, readonly string[]>> = {
  twinspan_exchanges_seen_total: [],
  twinspan_exchanges_in_flight: [],
  twinspan_exchanges_total: ['outcome', 'route'],
  twinspan_comparisons_total: ['result', 'route'],
  twinspan_request_duration_seconds_bucket: ['deployment_mode', 'route', 'le'],
  twinspan_shadow_in_flight: [],
  twinspan_queue_length: [],
  twinspan_bytes_in_flight: [],
  twinspan_breaker_state: [],
  twinspan_spans_total: ['outcome'],
  twinspan_gate_events_total: ['experiment', 'gate', 'route', 'value'],
  twinspan_verdict: ['experiment', 'state'],
  twinspan_ext_proc_streams_total: ['result'],
  twinspan_coverage_gap: [],
};

describe("Grafana's dashboard", () => {
  const dashboard = JSON.parse(
    readRepositoryFile('compose/grafana/dashboards/twinspan.json'),
  ) as Dashboard;
  const targets = dashboard.panels.flatMap(({ targets: all }) => all ?? []);
  const expressions = targets.flatMap(({ expr }) => expr ?? []);

  it('shows latency, results, outcomes, the funnel and lost spans', () => {
    const titles = dashboard.panels.map(({ title }) => title);
    for (const title of [
      'Service time, p95',
      'Results by route',
      'Outcomes',
      'Shadow funnel',
      'Spans dropped',
    ]) {
      assert.ok(titles.includes(title), title);
    }
  });

  it('asks for metrics and labels that twinspan has', () => {
    assert.ok(expressions.length >= 15);
    for (const expression of expressions) {
      const names = expression.match(/\btwinspan_\w+/g) ?? [];
      assert.ok(names.length > 0, expression);
      const labels = names.flatMap((name) => {
        assert.ok(Object.hasOwn(metrics, name), `${name} in ${expression}`);
        return metrics[name]!;
      });
      for (const label of labelsIn(expression))
        assert.ok(labels.includes(label), `${label} in ${expression}`);
    }
  });

  it('sorts outcomes that exist into its funnel', () => {
    const named = expressions
      .filter((expression) => expression.includes('twinspan_exchanges_total'))
      .flatMap((expression) => [...expression.matchAll(/outcome[=!]~?"([^"]+)"/g)])
      .flatMap(([, alternatives]) => alternatives!.split('|'));
    assert.ok(named.length > outcomes.length / 2);
    for (const outcome of named)
      assert.ok((outcomes as readonly string[]).includes(outcome), outcome);
  });

  it('reads from data sources that are provisioned', () => {
    const { datasources } = parse(
      readRepositoryFile('compose/grafana/provisioning/datasources/datasources.yaml'),
    ) as { readonly datasources: readonly { readonly type: string; readonly uid: string }[] };
    assert.deepEqual(datasources.map(({ uid }) => uid).toSorted(), [
      'jaeger',
      'prometheus',
      'tempo',
    ]);
    for (const { datasource } of targets) {
      assert.ok(
        datasources.some(({ type, uid }) => type === datasource.type && uid === datasource.uid),
      );
    }
  });

  it('is in the folder that Grafana is told to read', () => {
    const { providers } = parse(
      readRepositoryFile('compose/grafana/provisioning/dashboards/dashboards.yaml'),
    ) as { readonly providers: readonly { readonly options: { readonly path: string } }[] };
    const paths = providers.map(({ options }) => options.path);
    assert.deepEqual(paths, ['/var/lib/grafana/dashboards']);
    assert.ok(
      readRepositoryFile('docker-compose.yml').includes(
        `./compose/grafana/dashboards:${paths[0]}:ro`,
      ),
    );
  });

  it('has panels that do not overlap', () => {
    const taken = new Map<string, string>();
    for (const { title, gridPos } of dashboard.panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          const cell = `${x},${y}`;
          assert.equal(taken.get(cell), undefined, `${title} overlaps ${taken.get(cell)}`);
          taken.set(cell, title);
        }
      }
    }
    const ids = dashboard.panels.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });
});

/** Labels in selectors and in `by (…)`. */
function labelsIn(expression: string): string[] {
  const selectors = [...expression.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside]) =>
    [...inside!.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!),
  );
  const groups = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, inside]) =>
    inside!.split(',').map((label) => label.trim()),
  );
  return [...selectors, ...groups];
}
