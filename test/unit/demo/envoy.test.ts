import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import { freePort, startEnvoy } from '../../../demo/envoy.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'twinspan-envoy-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A program in Envoy's place: Node running the given lines, with `option(name)` for the command line's options. */
async function standIn(script: string): Promise<string> {
  const path = join(directory, 'envoy');
  const option = 'const option = (name) => process.argv[process.argv.indexOf(name) + 1];';
  await writeFile(path, `#!${process.execPath}\n${option}\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

test('the bound addresses are those that the admin interface names', async () => {
  const binary = await standIn(`
    const listeners = { listener_statuses: [{ name: 'ingress', local_address: { socket_address: { address: '127.0.0.1', port_value: 4711 } } }] };
    const admin = require('node:http').createServer((request, response) => {
      response.end(request.url === '/listeners?format=json' ? JSON.stringify(listeners) : '{}');
    });
    admin.listen(0, '127.0.0.1', () => {
      require('node:fs').writeFileSync(option('--admin-address-path'), '127.0.0.1:' + admin.address().port);
      console.error('all dependencies initialized. starting workers');
    });`);
  const envoy = await startEnvoy({ binary, directory, config: { node: { id: 'n' } } });
  try {
    assert.deepEqual(envoy.listeners, { ingress: '127.0.0.1:4711' });
    assert.match(envoy.admin, /^127\.0\.0\.1:\d+$/);
    assert.deepEqual(JSON.parse(await readFile(envoy.configPath, 'utf8')), { node: { id: 'n' } });
  } finally {
    await envoy.stop();
  }
  assert.equal((await envoy.process.ended).signal, 'SIGTERM');
});

test('an Envoy that refuses its configuration is a failure with what it said', async () => {
  const binary = await standIn(`
    console.error('error initializing config: Unable to parse JSON'); process.exitCode = 1;`);
  await assert.rejects(startEnvoy({ binary, directory, config: {} }), {
    name: 'ProcessFailure',
    message: /^Envoy ended before it was ready \(exit code 1\)[\s\S]*Unable to parse JSON/,
  });
});

test('an Envoy whose admin interface does not answer is stopped', async () => {
  const binary = await standIn(`
    require('node:fs').writeFileSync(option('--admin-address-path'), '127.0.0.1:1');
    process.on('SIGTERM', () => { console.error('asked to stop'); process.exit(0); });
    console.error('starting workers'); setInterval(() => {}, 1000);`);
  await assert.rejects(startEnvoy({ binary, directory, config: {} }), /ECONNREFUSED/);
  assert.match(await readFile(join(directory, 'envoy.log'), 'utf8'), /asked to stop/);
});

test('a free port can be listened on', async () => {
  const server = createServer().listen(await freePort(), '127.0.0.1');
  await once(server, 'listening');
  server.close();
});
