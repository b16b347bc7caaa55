/**
 * The spans in a real Tempo, by the TraceQL of the README. There is one only where `TWINSPAN_BIN_TEMPO` names it: no
 * registry has Tempo, so this file has no test elsewhere.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { startTempo, type Tempo } from '../kit/tempo.ts';
import { createLifetime, customerTrace, errors, mismatches, orders, sendOrders } from './orders.ts';

const binary = process.env['TWINSPAN_BIN_TEMPO'];

if (binary !== undefined) {
  const lifetime = createLifetime();
  let tempo: Tempo;

  before(async () => {
    tempo = await startTempo(binary);
    lifetime.after(() => tempo.stop());
    await sendOrders(lifetime, tempo.otlp);
    // Tempo has no word for "everything has arrived": ask until all pairs are there.
    for (let attempt = 0; attempt < 150; attempt += 1) {
      const found = await tempo.search('{ span.twinspan.deployment.mode = "shadow" }');
      if (found.length === orders) return;
      await setTimeout(200);
    }
    assert.fail('the pairs did not arrive in Tempo');
  });

  after(() => lifetime.end());

  const queries: [traceQl: string, pairs: number][] = [
    ['{ span.twinspan.deployment.mode = "live" }', orders],
    ['{ span.deployment.mode = "shadow" }', orders],
    ['{ span.twinspan.comparison.result = "mismatch" }', mismatches],
    ['{ span.twinspan.live.status_code < 400 && span.twinspan.shadow.status_code >= 500 }', errors],
    [`{ link:traceID = "${customerTrace(4)}" }`, 1],
    [
      '{ span:name = "twinspan.pair" && span.twinspan.comparison.result = "mismatch" } > { span.twinspan.deployment.mode = "shadow" }',
      mismatches,
    ],
  ];
  for (const [traceQl, pairs] of queries) {
    test(`${traceQl} finds ${pairs}`, async () => {
      assert.equal((await tempo.search(traceQl)).length, pairs);
    });
  }

  test('a pair is one trace of three spans', async () => {
    const [traceId] = await tempo.search(`{ span.twinspan.live.trace_id = "${customerTrace(1)}" }`);
    const names = await tempo.spanNames(traceId!);
    assert.deepEqual(names.toSorted(), ['GET /items/{id}', 'GET /items/{id}', 'twinspan.pair']);
  });
}
