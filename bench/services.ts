/**
 * A live and a shadow service in a process of their own, so that they take nothing from the load generator's time:
 * POST anything, get 1 KB of JSON. Prints its two ports as a line of JSON.
 */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

const body = Buffer.from(JSON.stringify({ predictions: ['setosa'], padding: 'x'.repeat(980) }));

async function start(): Promise<number> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': body.length,
      });
      response.end(body);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

process.stdout.write(`${JSON.stringify({ live: await start(), shadow: await start() })}\n`);
process.on('disconnect', () => process.exit());
