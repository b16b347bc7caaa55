import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';

import { readUndelivered } from '../../../demo/envoy-stats.ts';

let answer: unknown;
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.end(JSON.stringify(answer));
});
before(() => once(server.listen(0, '127.0.0.1'), 'listening'));
after(() => {
  server.closeAllConnections();
  server.close();
});

function read(): Promise<number> {
  return readUndelivered(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

test('what the ext_proc filter let pass unseen is summed over its instances', async () => {
  answer = {
    stats: [
      { name: 'http.ingress.ext_proc.twinspan.failure_mode_allowed', value: 197 },
      { name: 'http.other.ext_proc.twinspan.failure_mode_allowed', value: 3 },
    ],
  };
  assert.equal(await read(), 200);
  const url = new URL(asked.at(-1) ?? '', 'http://envoy');
  const filter = new RegExp(url.searchParams.get('filter') ?? '');
  assert.match('http.ingress.ext_proc.twinspan.failure_mode_allowed', filter);
  assert.doesNotMatch('http.ingress.ext_proc.twinspan.streams_failed', filter);
  assert.equal(url.searchParams.get('format'), 'json');
});

test('without such a counter nothing was lost, and histograms are no counters', async () => {
  answer = { stats: [] };
  assert.equal(await read(), 0);
  answer = { stats: [{ histograms: {} }] };
  assert.equal(await read(), 0);
});
