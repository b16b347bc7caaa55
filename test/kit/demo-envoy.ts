/** The demo's Envoy on free ports, in front of what a test starts. Ends with the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startEnvoy, type Envoy } from '../../demo/envoy.ts';
import { envoyConfig, type EnvoyConfigOptions } from '../../demo/envoy-config.ts';
import { findEnvoy } from '../../demo/envoy-finder.ts';
import type { Lifetime } from './http-service.ts';

export async function demoEnvoy(
  lifetime: Lifetime,
  options: Pick<EnvoyConfigOptions, 'live' | 'shadow' | 'twinspan' | 'overrides'>,
): Promise<Envoy> {
  const directory = await mkdtemp(join(tmpdir(), 'twinspan-envoy-'));
  const envoy = await startEnvoy({
    binary: await findEnvoy({ log: () => {} }),
    directory,
    config: envoyConfig({
      ingress: '127.0.0.1:0',
      egress: '127.0.0.1:0',
      admin: '127.0.0.1:0',
      ...options,
    }),
  });
  lifetime.after(async () => {
    await envoy.stop();
    await rm(directory, { recursive: true });
  });
  return envoy;
}
