/** `twinspan verdict serve` as a process of its own, between a Prometheus and rollouts. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';

import { loadConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import { compileExperiments } from '../../../src/generation.ts';
import type { Verdict } from '../../../src/verdict/verdict.ts';
import { goodRow, prometheusDouble, scrapedSeries } from '../../kit/prometheus-double.ts';
import { temporaryFolder } from '../../kit/serve.ts';

const main = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');

function loaded(sections: object): Config {
  const text = Buffer.from(JSON.stringify(sections));
  const result = loadConfig({ path: 'twinspan.json', env: {}, readFile: () => text });
  assert.ok(result.kind === 'loaded');
  return result.config;
}

async function judgeOf(
  t: TestContext,
  prometheus: string,
): Promise<{ url: string; stop: () => Promise<number | null> }> {
  const config = join(await temporaryFolder(t), 'twinspan.yaml');
  writeFileSync(config, JSON.stringify(file));
  const args = ['--prometheus', prometheus, '--config', config, '--listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, [main, 'verdict', 'serve', ...args], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close').then(([code]) => code as number | null);
  t.after(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, listen } = JSON.parse(line) as { event: string; listen: string };
    if (event !== 'ready') continue;
    child.stdout.resume();
    return {
      url: `http://${listen}`,
      stop: () => {
        child.kill('SIGTERM');
        return closed;
      },
    };
  }
  throw new Error('it did not become ready');
}

const file = {
  live: { name: 'shop' },
  shadow: { name: 'shop-next', url: 'http://127.0.0.1:9102' },
  routes: [{ name: 'predict', match: { path: '/**' } }],
  verdict: {
    floor: { pairs: 100, elapsed: '1h' },
    latency: { threshold: { p95: 1, p99: 2 } },
  },
};
/** As every replica with this file computes it. */
const experiment = compileExperiments(loaded(file))('1', '2').id;
const versions = { live: 'shop', live_version: '1', shadow: 'shop-next', shadow_version: '2' };

test('the judge of a fleet answers rollouts by what all replicas have counted', async (t) => {
  const hours = (count: number): number => Date.now() - count * 3_600_000;
  const replica = (instance: string, process: string): ReturnType<typeof scrapedSeries> =>
    scrapedSeries({
      target: { instance },
      process,
      experiment,
      versions,
      scrapes: [
        [hours(3), goodRow(3000)],
        [hours(0.01), goodRow(6000)],
      ],
    });
  const double = await prometheusDouble(t, [...replica('a', 'p1'), ...replica('b', 'p2')]);
  const { url, stop } = await judgeOf(t, double.url);
  const ask = async (query = ''): Promise<Verdict> => {
    const response = await fetch(`${url}/v1/verdict${query}`);
    assert.equal(response.status, 200);
    return (await response.json()) as Verdict;
  };
  const hook = (path: string): Promise<number> =>
    fetch(`${url}/flagger/${path}`, {
      method: 'POST',
      body: JSON.stringify({ name: 'shop-next', namespace: 'n', phase: 'Waiting' }),
    }).then(({ status }) => status);

  const verdict = await ask();
  assert.equal(verdict.state, 'promote', verdict.reason);
  assert.equal(verdict.scope, 'fleet');
  assert.equal(verdict.pairs.comparable, 12_000);
  assert.equal((await ask('?shadow=3')).state, 'collecting');
  assert.equal((await ask('?experiment=x')).state, 'collecting');
  assert.equal(await hook('confirm-promotion?scope=fleet&shadow=2'), 200);
  assert.equal(await hook('confirm-promotion?scope=fleet&shadow=3'), 403);
  assert.equal(await hook('rollback'), 403);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  assert.equal((await fetch(`${url}/status`)).status, 404);
  assert.equal(await stop(), 0);
});

test('while Prometheus is away the judge answers, and holds everything', async (t) => {
  const double = await prometheusDouble(t);
  double.answer = (response) => response.writeHead(503).end();
  const { url } = await judgeOf(t, double.url);
  const response = await fetch(`${url}/v1/verdict`);
  assert.equal(response.status, 200);
  const verdict = (await response.json()) as Verdict;
  assert.equal(verdict.state, 'collecting');
  assert.equal(verdict.warnings[0]?.code, 'prometheus_unreachable');
  for (const [path, status] of [
    ['confirm-rollout', 403],
    ['rollout', 403],
    ['rollback', 403],
    ['event', 200],
  ] as const) {
    const answer = await fetch(`${url}/flagger/${path}?canary=c`, {
      method: 'POST',
      body: '{"name":"c"}',
    });
    assert.equal(answer.status, status, path);
    assert.match(await answer.text(), /^[^\n]+\n$/);
  }
});
