/** What the README says to paste works as it stands there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { parse } from 'yaml';

import type { JsonObject } from '../../demo/envoy-config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { lintEnvoy } from '../../src/cli/envoy-lint.ts';
import { demoEnvoy } from '../kit/demo-envoy.ts';
import { httpService, json } from '../kit/http-service.ts';
import { twinspan } from '../kit/twinspan.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
/** The fenced blocks, without the indentation of the list that they stand in. */
const [configuration, filter, cluster] = [...readme.matchAll(/^( *)```yaml\n([^]*?)^ *```$/gm)].map(
  ([, indent, block]) => block!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
);

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
