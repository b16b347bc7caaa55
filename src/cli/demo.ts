/** `twinspan demo`: the whole path on a real Envoy with two real models. */
import { existsSync } from 'node:fs';

import { TwinspanError } from '../base/errors.ts';
import { parseOptions } from './arguments.ts';

/** @throws TwinspanError `usage` for bad options, or where the demo is not part of the package */
export async function demo(args: string[]): Promise<number> {
  const options = parseOptions('demo', args, {
    seconds: { type: 'string' },
    keep: { type: 'boolean' },
  });
  const seconds = options.seconds === undefined ? undefined : Number(options.seconds);
  if (seconds !== undefined && !(seconds >= 1 && seconds <= 3600)) {
    throw new TwinspanError(
      'usage',
      `demo: --seconds is "${options.seconds}", it must be a number from 1 to 3600`,
    );
  }
  // Not in the published package: the demo trains its models from development dependencies.
  const location = new URL('../../demo/demo.ts', import.meta.url).href;
  if (!existsSync(new URL(location))) {
    throw new TwinspanError(
      'usage',
      'demo: it is in the repository and not in this package, because it trains its models; clone the repository and run npm ci && npm run demo there',
    );
  }
  const { runDemo } = (await import(location)) as {
    runDemo: (options: { seconds?: number; keep: boolean }) => Promise<number>;
  };
  return runDemo({ ...(seconds !== undefined && { seconds }), keep: options.keep ?? false });
}
