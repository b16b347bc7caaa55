/**
 * The whole configuration as one strict schema: every key with its meaning, default, bounds and whether a
 * reload applies it. What twinspan runs on is the `Config` that `validate.ts` makes of a file by it.
 */
import type { z } from 'zod';

import { atStart, integer, section } from './fields.ts';
import { capture, expires, hashKeyFile, paused, segments, shutdown } from './schema-capture.ts';
import { admin, envoy, insecure, intake, listen, ops } from './schema-connections.ts';
import { control, live, shadow } from './schema-deployments.ts';
import { routes } from './schema-routes.ts';
import { store, telemetry } from './schema-telemetry.ts';
import { resolveMismatchMargin, verdict } from './schema-verdict.ts';

export const configSchema = section({
  version: integer(1, 1).prefault(1).meta(atStart('Version of this format.')),
  listen,
  insecure,
  admin,
  ops,
  envoy,
  live,
  shadow,
  control,
  capture,
  paused,
  expires,
  segments,
  hashKeyFile,
  routes,
  telemetry,
  store,
  verdict,
  intake,
  shutdown,
});

/** A file as it was read: every value has its final form, but what follows from other sections is still open. */
export type StatedConfig = z.output<typeof configSchema>;

/**
 * The configuration. Keys are those of the file; durations are numbers of milliseconds, sizes numbers of
 * bytes, `expires` and `until` Unix milliseconds. Everything that has a default is there; what is optional
 * and was not set is absent. `listen` is always `{address, tls?}`, addresses are texts for
 * `parseListenAddress`; header names, hosts and methods are in their normal case; a margin of null is a gate
 * that is off. Frozen.
 */
export type Config = DeepReadonly<ReturnType<typeof resolveConfig>>;

/** One of `Config.routes`. */
export type RouteConfig = Config['routes'][number];

type DeepReadonly<Value> = Value extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
    : Value;

/** Fills in what one key takes from others. */
export function resolveConfig(stated: StatedConfig) {
  const { margins } = stated.verdict;
  const mode = stated.verdict.mode ?? 'equivalence';
  const mismatch = resolveMismatchMargin(mode, margins.mismatch);
  return {
    ...stated,
    verdict: { ...stated.verdict, mode, margins: { ...margins, mismatch } },
  };
}
