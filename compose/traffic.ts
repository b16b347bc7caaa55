/**
 * Customers for docker-compose.yml: the demo's calls through Envoy at a steady rate until it is told to stop, a line
 * of JSON a round. Each answer is compared with that of the live model alone, so a customer who was served anything
 * else shows up as an error.
 *
 * `node compose/traffic.ts --url http://envoy:10000 --live http://model-v1:8080 --rate 20`
 */
import { parseArgs } from 'node:util';

import { customerCalls, expectAnswers } from '../demo/customers.ts';
import { percentile, runTraffic } from '../demo/traffic.ts';

const ROUND_SECONDS = 30;

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    live: { type: 'string' },
    rate: { type: 'string', default: '20' },
  },
});
const { url, live } = values;
const requestsPerSecond = Number(values.rate);
if (url === undefined || live === undefined || !(requestsPerSecond > 0)) {
  process.stderr.write(
    'usage: node compose/traffic.ts --url ENVOY --live MODEL [--rate REQUESTS_A_SECOND]\n',
  );
  process.exit(2);
}

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => stopping.abort());
}
const { signal } = stopping;

const calls = await expectAnswers(live, customerCalls(), signal);
while (!signal.aborted) {
  const round = { url, calls, requestsPerSecond, seconds: ROUND_SECONDS, signal };
  const { requests, errors, errorExamples, latenciesMs } = await runTraffic(round);
  const p95Ms = Number(percentile(latenciesMs, 0.95).toFixed(1));
  const line = { event: 'round', requests, errors, errorExamples, p95Ms };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
