/** Prometheus itself accepts its configuration in compose/ and every query of the dashboard. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const repository = join(import.meta.dirname, '..', '..');

interface Dashboard {
  readonly panels: readonly { readonly targets?: readonly { readonly expr?: string }[] }[];
}

describe('compose/, as Prometheus reads it', () => {
  it('has a configuration that Prometheus starts with', () => {
    promtool('check', 'config', join(repository, 'compose', 'prometheus.yaml'));
  });

  it('has queries that Prometheus can answer', async () => {
    const file = join(repository, 'compose', 'grafana', 'dashboards', 'twinspan.json');
    const { panels } = JSON.parse(await readFile(file, 'utf8')) as Dashboard;
    const expressions = panels
      .flatMap(({ targets }) => targets ?? [])
      .flatMap(({ expr }) => expr ?? []);
    assert.ok(expressions.length > 0);
    const rules = expressions.map((expression, index) => ({
      record: `query:${index}`,
      expr: expression
        .replaceAll('$__rate_interval', '1m')
        .replaceAll('$__range', '1h')
        .replaceAll('$route', '.*'),
    }));

    const folder = await mkdtemp(join(tmpdir(), 'twinspan-promtool-'));
    try {
      const path = join(folder, 'rules.json');
      await writeFile(path, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
      promtool('check', 'rules', path);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

function promtool(...args: string[]): void {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  if (error !== undefined) {
    assert.fail(`promtool cannot be run (${error.message}): install the package "prometheus"`);
  }
  assert.equal(status, 0, `${stdout}${stderr}`);
}
