/** The customers of docker-compose.yml. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';

const program = join(import.meta.dirname, '..', '..', '..', 'compose', 'traffic.ts');

it('customers send requests with an id until they are told to stop, and say how they were served', async (context) => {
  let withId = 0;
  const server = createServer((request, response) => {
    if (request.headers['x-request-id'] !== undefined) withId += 1;
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end('{"predictions":["setosa"]}');
    if (withId >= 3) server.emit('enough');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const enough = once(server, 'enough');
  const customers = spawn(
    process.execPath,
    [program, `--url=${url}`, `--live=${url}`, '--rate=50'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  context.after(() => customers.kill('SIGKILL'));
  const output = text(customers.stdout);
  const exit = once(customers, 'exit');
  await enough;
  customers.kill('SIGTERM');

  assert.deepEqual(await exit, [0, null]);
  const round = JSON.parse(await output) as { event: string; requests: number; errors: number };
  assert.equal(round.event, 'round');
  assert.ok(round.requests >= 1);
  assert.equal(round.errors, 0);
});
