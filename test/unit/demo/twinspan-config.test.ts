import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parse } from 'yaml';

import { twinspanConfig } from '../../../demo/twinspan-config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { pairsNeeded } from '../../../src/verdict/evidence.ts';

test('the shadow is reached through the egress and spans go to the given collector', () => {
  const config = parse(
    twinspanConfig({ shadowUrl: 'http://127.0.0.1:1', otlpUrl: 'http://127.0.0.1:2' }),
  ) as { shadow: Record<string, unknown>; telemetry: Record<string, unknown> };
  assert.equal(config.shadow['url'], 'http://127.0.0.1:1');
  assert.equal(config.shadow['egress'], true);
  assert.equal(config.telemetry['otlp'], 'http://127.0.0.1:2');
  assert.equal(config.telemetry['keepMatches'], 1);
});

test('only addresses on loopback are opened', () => {
  const text = twinspanConfig({ shadowUrl: 'http://127.0.0.1:1', otlpUrl: 'http://127.0.0.1:2' });
  const config = parse(text) as {
    listen: string;
    admin: { listen: string };
    ops: { listen: string };
  };
  for (const address of [config.listen, config.admin.listen, config.ops.listen]) {
    assert.equal(address, '127.0.0.1:0');
  }
});

test('a twinspan that takes the place of another listens where that one did', () => {
  const addresses = { extProc: '127.0.0.1:3', admin: '127.0.0.1:4', ops: '127.0.0.1:5' };
  const urls = { shadowUrl: 'http://127.0.0.1:1', otlpUrl: 'http://127.0.0.1:2' };
  const first = parse(twinspanConfig(urls)) as object;
  assert.deepEqual(parse(twinspanConfig({ ...urls, addresses })), {
    ...first,
    listen: '127.0.0.1:3',
    admin: { listen: '127.0.0.1:4' },
    ops: { listen: '127.0.0.1:5' },
  });
});

test('the file is one that twinspan starts with, and says that a real rollout is judged more strictly', () => {
  const text = twinspanConfig({ shadowUrl: 'http://127.0.0.1:1', otlpUrl: 'http://127.0.0.1:2' });
  const loaded = loadConfig({
    path: 'twinspan.yaml',
    env: {},
    readFile: () => Buffer.from(text),
  });
  assert.equal(loaded.kind, 'loaded', JSON.stringify(loaded));
  assert.deepEqual(loaded.warnings, []);
  assert.match(text, /^# .*A real rollout uses larger floors and\n# smaller margins/m);
});

test('each gate of each route can pass within a short run, or be decided against', () => {
  const { verdict } = parse(
    twinspanConfig({ shadowUrl: 'http://127.0.0.1:1', otlpUrl: 'http://127.0.0.1:2' }),
  ) as {
    verdict: { floor: { pairs: number }; margins: Record<string, number> };
  };
  for (const [gate, margin] of Object.entries(verdict.margins)) {
    const claim = { direction: 'below', margin, range: [-1, 1] } as const;
    const pairs = pairsNeeded(claim, [[0, 1]], Math.log(1 / 0.05));
    assert.ok(pairs !== undefined && pairs <= 300, `${gate}: ${pairs}`);
  }
  assert.ok(verdict.floor.pairs <= 300);
});
