/**
 * From a plain value (what YAML and the environment gave) to a `Config`, or all that is wrong with it at
 * once. The only place where the schema is run.
 */
import type { z } from 'zod';

import { nearestName } from './nearest-name.ts';
import { formatPath, startsWith, valueAt, type Path } from './path.ts';
import type { Breach } from './breach.ts';
import { breachesOf } from './rules.ts';
import { configSchema, resolveConfig, type Config } from './schema.ts';
import { childNames, fields } from './schema-fields.ts';

export type Validation =
  | { readonly kind: 'valid'; readonly config: Config }
  | { readonly kind: 'invalid'; readonly breaches: readonly Breach[] };

export function validate(stated: unknown): Validation {
  const result = schema.safeParse(stated);
  const breaches = [
    ...(result.error?.issues ?? []).flatMap((issue) => breachesIn(issue, stated)),
    ...hiddenKeys(stated),
  ];
  if (!result.success || breaches.length > 0) return { kind: 'invalid', breaches };
  return { kind: 'valid', config: deepFreeze(resolveConfig(result.data)) as Config };
}

/**
 * The rules run even when the schema found problems, on what was read without one: `when` is asked with the
 * issues so far, which hold as long as no building block of the schema aborts.
 */
const schema = configSchema.superRefine(
  (config, context) => {
    const unsound = context.issues
      .filter((issue) => issue.code !== 'unrecognized_keys')
      .map((issue) => pathOf(issue.path ?? []));
    const isSound = (path: Path) =>
      !unsound.some((bad) => startsWith(bad, path) || startsWith(path, bad));
    for (const { path, message } of breachesOf(config, isSound)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  },
  { when: () => true },
);

function breachesIn(issue: z.core.$ZodIssue, stated: unknown): Breach[] {
  const path = pathOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.filter((key) => key !== '__proto__').map((key) => unknownKey(path, key));
  }
  return [{ path: asWritten(path, stated), message: issue.message }];
}

/** A section that was written as one text has no keys inside: the section itself is meant. */
function asWritten(path: Path, stated: unknown): Path {
  const length = path.findIndex(
    (_, index) => typeof valueAt(stated, path.slice(0, index)) === 'string',
  );
  return length === -1 ? path : path.slice(0, length);
}

/** Every `__proto__`, which the schema knows nowhere and would pass over in mappings whose keys are the user's. */
function hiddenKeys(root: unknown): Breach[] {
  const breaches: Breach[] = [];
  const seen = new Set<unknown>();
  const search = (value: unknown, path: Path): void => {
    // An alias may stand inside its own anchor.
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    for (const [key, inner] of Object.entries(value)) {
      const at = [...path, Array.isArray(value) ? Number(key) : key];
      if (key === '__proto__') breaches.push({ path: at, message: 'is an unknown key' });
      else search(inner, at);
    }
  };
  search(root, []);
  return breaches;
}

function unknownKey(path: Path, key: string): Breach {
  const near = nearestName(key, childNames(path));
  const elsewhere = fields.find((field) => field.path.at(-1) === key);
  const hint = near ?? (elsewhere === undefined ? undefined : formatPath(elsewhere.path));
  return {
    path: [...path, key],
    message: hint === undefined ? 'is an unknown key' : `is an unknown key: did you mean ${hint}?`,
  };
}

function pathOf(path: readonly PropertyKey[]): Path {
  return path.map((part) => (typeof part === 'number' ? part : String(part)));
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
