import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

const main = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');

const minimal = `
version: 1
shadow: { url: "http://127.0.0.1:9102", version: "2" }
live: { version: "1" }
telemetry: { otlp: "http://127.0.0.1:4318" }
routes: [{ name: all, match: { path: "/**" } }]
`;

function check(
  t: TestContext,
  yaml: string,
  ...args: string[]
): { status: number | null; stdout: string; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'twinspan-check-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'twinspan.yaml');
  writeFileSync(file, yaml);
  return spawnSync(process.execPath, [main, 'check', '--config', file, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
}

test('a configuration without a fault has no complaint and ends with 0', (t) => {
  const { status, stdout } = check(t, minimal);
  assert.match(stdout, /: no complaint \(configuration [0-9a-f]+\)\n$/);
  assert.equal(status, 0);
});

test('all errors of a configuration are printed at once, and end with 2', (t) => {
  const { status, stdout, stderr } = check(t, `${minimal}captur: {}\ncapture: { idle: 5 }\n`);
  assert.equal(stdout, '');
  assert.match(stderr, /captur\b/);
  assert.match(stderr, /capture\.idle/);
  assert.equal(status, 2);
});

test('an Envoy that does not answer is broken, and ends with 3 and what to do', (t) => {
  const { status, stdout } = check(t, minimal, '--envoy-admin', '127.0.0.1:1');
  assert.match(
    stdout,
    /^broken +envoy_admin: cannot read Envoy's admin at http:\/\/127\.0\.0\.1:1: /m,
  );
  assert.equal(status, 3);
});

test('a command without its configuration is a usage error that ends with 2', () => {
  const { status, stderr } = spawnSync(process.execPath, [main, 'check'], { encoding: 'utf8' });
  assert.equal(stderr, 'twinspan: check: --config is needed\n');
  assert.equal(status, 2);
});
