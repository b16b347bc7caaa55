/** What the README says to paste works as it stands there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { parse } from 'yaml';

import type { JsonObject } from '../../demo/envoy-config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { lintEnvoy } from '../../src/cli/envoy-lint.ts';
import { demoEnvoy } from '../kit/demo-envoy.ts';
import { freePorts } from '../kit/free-ports.ts';
import { httpService, json } from '../kit/http-service.ts';
import { twinspan } from '../kit/twinspan.ts';
import { verdictIn } from '../kit/verdicts.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
/** The fenced blocks, without the indentation of the list that they stand in. */
const [configuration, filter, cluster] = [...readme.matchAll(/^( *)```yaml\n([^]*?)^ *```$/gm)].map(
  ([, indent, block]) => block!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
);
const [gate] = [...readme.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block!);

test('the configuration loads without a warning', () => {
  const loaded = loadConfig({
    path: 'README.md',
    env: {},
    readFile: () => Buffer.from(configuration!),
  });
  assert.equal(loaded.kind, 'loaded', JSON.stringify(loaded));
  assert.deepEqual(loaded.warnings, []);
});

test('with the filter and the cluster a customer is served, and the pair is compared', async (t) => {
  const live = await httpService(t, json({ price: 1 }));
  const shadow = await httpService(t, json({ price: 2 }));
  const sidecar = await twinspan(t, { shadow: { url: shadow.url } });
  const [pastedFilter] = parse(filter!) as JsonObject[];
  const [pastedCluster] = parse(
    cluster!.replace(
      'port_value: 9002',
      `port_value: ${sidecar.app.addresses.extProc.split(':')[1]}`,
    ),
  ) as JsonObject[];
  const envoy = await demoEnvoy(t, {
    live: `127.0.0.1:${live.port}`,
    shadow: `127.0.0.1:${shadow.port}`,
    twinspan: sidecar.app.addresses.extProc,
    overrides: {
      externalProcessor: pastedFilter!['typed_config'] as JsonObject,
      twinspanCluster: pastedCluster!,
    },
  });
  const answer = await fetch(`http://${envoy.listeners['ingress']}/v1/quotes/tea`);
  assert.deepEqual(await answer.json(), { price: 1 });
  await sidecar.settled(1);
  assert.deepEqual(sidecar.app.status().exchanges.outcomes, { mismatch: 1 });
  const dump: unknown = await (await fetch(`http://${envoy.admin}/config_dump`)).json();
  assert.deepEqual(lintEnvoy(dump, { requireObservability: true }), []);
});

/** Runs the pipeline's script as it stands there, but for the patience. */
function runGate(
  t: TestContext,
  url: string,
  wait: string,
): Promise<{ code: number; said: string; saved: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'twinspan-gate-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const command = join(folder, 'twinspan');
  const program = join(import.meta.dirname, '../../bin/twinspan.js');
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(command, 0o755);
  const env = { PATH: `${folder}:${process.env['PATH']}`, TWINSPAN_URL: url, VERSION: '2' };
  return new Promise((resolve) => {
    const child = execFile(
      'sh',
      ['-e', '-c', gate!.replace('--wait 30m', `--wait ${wait}`)],
      { cwd: folder, env },
      (_error, stdout) =>
        resolve({
          code: child.exitCode ?? -1,
          said: stdout.trim(),
          saved: readFileSync(join(folder, 'verdict.md'), 'utf8'),
        }),
    );
  });
}

for (const { what, shadowStatus, code, says } of [
  { what: 'that answers as live does', shadowStatus: 200, code: 0, says: 'promote' },
  { what: 'that fails', shadowStatus: 500, code: 10, says: 'reject' },
]) {
  test(`in CI, a shadow ${what} makes the script end with ${code}`, async (t) => {
    const live = await httpService(t, json({ price: 1 }));
    const shadow = await httpService(t, (_request, response) => {
      response.writeHead(shadowStatus, { 'content-type': 'application/json' }).end('{"price":1}');
    });
    const everyGate = ['errors', 'contract', 'mismatch', 'latency_p95', 'latency_p99', 'coverage'];
    const sidecar = await twinspan(t, {
      shadow: { url: shadow.url },
      verdict: {
        floor: { pairs: 20, elapsed: '0s' },
        margins: Object.fromEntries(everyGate.map((name) => [name, 0.3])),
        latency: { threshold: { p95: 60, p99: 60 } },
      },
    });
    const envoy = await demoEnvoy(t, {
      live: `127.0.0.1:${live.port}`,
      shadow: `127.0.0.1:${shadow.port}`,
      twinspan: sidecar.app.addresses.extProc,
    });
    const url = `http://${sidecar.app.addresses.admin}`;

    const early = await runGate(t, url, '1ms');
    assert.equal(early.code, 12);
    assert.match(early.said, /^collecting: /);

    for (let request = 0; request < 160; request += 1) {
      const answer = await fetch(`http://${envoy.listeners['ingress']}/v1/quotes/tea`);
      assert.deepEqual(await answer.json(), { price: 1 });
    }
    await sidecar.settled(160);
    const decided = await runGate(t, url, '60s');
    assert.equal(decided.code, code, decided.saved);
    assert.match(decided.said, new RegExp(`^${says}: `));
    assert.match(decided.saved, new RegExp(`^### Shadow: ${says}`));
  });
}

test('in CI, a hold, an address that is none and nobody at it have codes of their own', async (t) => {
  const judge = await httpService(t, (_request, response) => {
    response.end(JSON.stringify(verdictIn('hold')));
  });
  const [nobody] = await freePorts(1);
  const runs = [
    { url: judge.url, code: 11, says: /^hold: / },
    { url: 'no address', code: 2, says: /^usage / },
    { url: `http://127.0.0.1:${nobody}`, code: 1, says: /^nobody / },
  ];
  for (const { url, code, says } of runs) {
    const { code: ended, said } = await runGate(t, url, '1ms');
    assert.equal(ended, code, `${url}: ${said}`);
    assert.match(said, says);
  }
});
