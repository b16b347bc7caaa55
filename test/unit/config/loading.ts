/**
 * Loads configurations from memory for the tests of this folder.
 */
import assert from 'node:assert/strict';

import { loadConfig, type ConfigError, type LoadResult } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';

export type Plain = Record<string, unknown>;

/** The least that is valid. */
export const minimal = {
  shadow: { url: 'http://127.0.0.1:9102' },
  routes: [{ name: 'all', match: { path: '/**' } }],
};

/** `minimal` with these sections; `route` is merged into its one route. */
export function configurationWith(sections: Plain, route: Plain = {}): Plain {
  const { shadow, ...rest } = sections;
  return {
    shadow: { ...minimal.shadow, ...(shadow as Plain | undefined) },
    routes: [{ ...minimal.routes[0], ...route }],
    ...rest,
  };
}

/** `content` is the file's text, or a value that is written as JSON. */
export function load(content: unknown, env: Record<string, string> = {}): LoadResult {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return loadConfig({ path: 'twinspan.yaml', env, readFile: () => Buffer.from(text) });
}

export function configOf(content: unknown, env: Record<string, string> = {}): Config {
  return loadedFrom(content, env).config;
}

export function loadedFrom(content: unknown, env: Record<string, string> = {}) {
  const result = load(content, env);
  assert.equal(result.kind, 'loaded', JSON.stringify(result));
  return result;
}

export function errorsOf(
  content: unknown,
  env: Record<string, string> = {},
): readonly ConfigError[] {
  const result = load(content, env);
  assert.equal(result.kind, 'invalid');
  return result.errors;
}

/** Paths of the errors, sorted. */
export function pathsOf(content: unknown, env: Record<string, string> = {}): string[] {
  return errorsOf(content, env)
    .map((error) => error.path)
    .sort();
}
