/**
 * `twinspan envoy`: prints the Envoy configuration of `envoy/` that fits a configuration of twinspan, and on standard
 * error what must still be adapted in it.
 * Exit: 0, 2 usage or configuration.
 */
import { readFileSync } from 'node:fs';

import { messageOf, TwinspanError } from '../base/errors.ts';
import { formatErrors, loadConfig } from '../config/load.ts';
import { parseOptions, required } from './arguments.ts';
import { envoyFiles, fitEnvoyFile, type EnvoyKind } from './envoy-files.ts';

const folder = new URL('../../envoy/', import.meta.url);

/** @throws TwinspanError `usage` for bad options, `configuration` when this kind of Envoy does not fit it */
export async function envoy(args: string[]): Promise<number> {
  const options = parseOptions('envoy', args, {
    config: { type: 'string', short: 'c' },
    for: { type: 'string' },
  });
  const path = required('envoy', 'config', options.config);
  const kind = required('envoy', 'for', options.for);
  if (!isKind(kind)) {
    const kinds = Object.keys(envoyFiles).join(', ');
    throw new TwinspanError('usage', `envoy: --for is "${kind}"; it is one of ${kinds}`);
  }
  const loaded = loadConfig({ path, env: process.env });
  if (loaded.kind === 'invalid') {
    process.stderr.write(formatErrors(loaded.errors));
    return 2;
  }
  const fitted = fitEnvoyFile({
    kind,
    shipped: shippedFile(kind),
    config: loaded.config,
    configText: readFileSync(path, 'utf8'),
  });
  process.stdout.write(fitted.text);
  process.stderr.write('twinspan: yours to adapt:\n');
  for (const sentence of fitted.toAdapt) process.stderr.write(`  - ${sentence}\n`);
  return 0;
}

function shippedFile(kind: EnvoyKind): string {
  const file = new URL(envoyFiles[kind], folder);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new TwinspanError(
      'internal',
      `envoy: cannot read ${file.pathname}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

function isKind(text: string): text is EnvoyKind {
  return Object.hasOwn(envoyFiles, text);
}
