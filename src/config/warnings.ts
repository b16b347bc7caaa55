/**
 * What is allowed in a configuration and yet probably not what its writer believes.
 */
import { formatPath, valueAt } from './path.ts';
import { contradictions } from './rule-warnings.ts';
import type { Config } from './schema.ts';

interface Postponed {
  /** As `Field.path`. */
  readonly path: readonly string[];
  /** Only this value is not in effect. */
  readonly value?: string;
}

/** Keys that are accepted and checked, but whose feature this version does not have. */
export const postponed: readonly Postponed[] = [
  { path: ['store'] },
  { path: ['intake'] },
  { path: ['telemetry', 'logs'], value: 'otlp' },
  { path: ['telemetry', 'metrics'], value: 'otlp' },
  { path: ['telemetry', 'bodies'], value: 'excerpt' },
];

/** Warnings about keys that `stated` (file and environment, before defaults) sets without any effect. */
export function notYetInEffect(stated: unknown): string[] {
  return postponed
    .filter(({ path, value }) => {
      const found = valueAt(stated, path);
      return found !== undefined && (value === undefined || found === value);
    })
    .map(({ path }) => `${formatPath(path)} is accepted but not yet in effect in this version`);
}

/** Warnings about keys of `stated` that others of the resulting `config` leave without effect. */
export function ineffective(stated: unknown, { routes, shadow, verdict }: Config): string[] {
  const warnings: string[] = [];
  if (shadow.tls !== undefined && shadow.url.startsWith('http:')) {
    warnings.push('shadow.tls has no effect, because shadow.url is http');
  }
  const mismatch = valueAt(stated, ['verdict', 'margins', 'mismatch']);
  if (verdict.mode === 'noninferior' && typeof mismatch === 'number') {
    warnings.push(
      'verdict.margins.mismatch has no effect in mode noninferior, where a new model may answer differently; a bound for one route stands in its own verdict.margins',
    );
  }
  for (const [index, { compare }] of routes.entries()) {
    for (const warning of contradictions(compare)) {
      warnings.push(`routes[${index}].compare.${warning}`);
    }
  }
  return warnings;
}
