/** What `twinspan envoy` prints is a configuration that a real Envoy accepts, whatever twinspan listens on. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { findEnvoy } from '../../demo/envoy-finder.ts';

const run = promisify(execFile);
const repository = join(import.meta.dirname, '../..');

describe('twinspan envoy --for static', () => {
  let envoy: string;
  let folder: string;

  before(async () => {
    envoy = await findEnvoy({ log: (line) => console.error(line) });
    folder = await mkdtemp(join(tmpdir(), 'twinspan-printed-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Prints for this configuration, has Envoy read it, and returns what was printed. */
  async function printed(config: Record<string, unknown>): Promise<string> {
    const file = join(folder, 'twinspan.yaml');
    const routes = [{ name: 'all', match: { path: '/**' } }];
    await writeFile(file, JSON.stringify({ version: 1, routes, ...config }));
    const command = [join(repository, 'src/main.ts'), 'envoy', '--config', file];
    const { stdout, stderr } = await run(process.execPath, [...command, '--for', 'static']);
    assert.match(stderr, /^twinspan: yours to adapt:\n {2}- the address of `ingress`/);
    const bootstrap = join(folder, 'envoy.yaml');
    await writeFile(bootstrap, stdout);
    await run(envoy, ['--mode', 'validate', '-l', 'error', '-c', bootstrap]);
    return stdout;
  }

  it('prints envoy/static.yaml for the addresses that it has, and Envoy accepts it', async () => {
    const text = await printed({
      listen: '127.0.0.1:9002',
      shadow: { url: 'http://127.0.0.1:10001', egress: true },
      envoy: { adminUrl: 'http://127.0.0.1:9901' },
    });
    assert.equal(text, await readFile(join(repository, 'envoy/static.yaml'), 'utf8'));
  });

  it('prints what Envoy accepts for a Unix socket, IPv6 and other bounds', async () => {
    const text = await printed({
      listen: 'unix:/run/other/ext_proc.sock',
      shadow: {
        url: 'http://[::1]:7002',
        egress: true,
        host: 'preserve',
        timeout: '45s',
        concurrency: 1000,
      },
      envoy: { adminUrl: 'http://localhost:7003' },
    });
    assert.match(text, /pipe: \{ path: \/run\/other\/ext_proc\.sock \}/);
    assert.match(text, /address: '::1', port_value: 7002/);
  });
});
