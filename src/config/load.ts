/**
 * File and environment → `Config`, or every error of both at once. Reads at most 1 MiB, never throws, and
 * asks nothing but the file and the environment: certificates and tokens are read by those who use them.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

import { messageOf, systemCodeOf, TwinspanError } from '../base/errors.ts';
import { overlayEnvironment, type Environment } from './environment.ts';
import { formatPath, valueAt } from './path.ts';
import { problemOf, valueOf, type Reading } from './reading.ts';
import type { Config } from './schema.ts';
import { validate } from './validate.ts';
import { ineffective, notYetInEffect } from './warnings.ts';
import { readYaml } from './yaml-text.ts';

/** Longest file that is read. */
export const maxFileBytes = 1024 * 1024;

/** One thing that is wrong. */
export interface ConfigError {
  /** The key, as in `routes[0].match.methods`; empty when the whole file is meant. */
  readonly path: string;
  /** Goes on after the path: what is wrong and what to do about it. */
  readonly message: string;
  /** The file, or the environment variable. */
  readonly source: string;
  readonly line?: number;
}

export type LoadResult =
  | {
      readonly kind: 'loaded';
      readonly config: Config;
      /** 16 hexadecimal digits that are equal for equal configurations, however they were written. */
      readonly hash: string;
      /** SHA-256 of the file's bytes, for `watchConfig`. */
      readonly fileDigest: string;
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'invalid';
      readonly errors: readonly ConfigError[];
      /**
       * What file and environment say of the key `paused` nevertheless: the switch holds whatever is wrong beside it.
       * Undefined when it cannot be known.
       */
      readonly paused: boolean | undefined;
    };

export interface LoadOptions {
  readonly path: string;
  /** `process.env`. */
  readonly env: Environment;
  /** Reads at most `maxFileBytes` and one more byte; throws as `node:fs` does. */
  readonly readFile?: (path: string) => Uint8Array;
}

export function loadConfig({ path, env, readFile = readBounded }: LoadOptions): LoadResult {
  const file = readText(path, readFile);
  if (file.kind === 'problem') {
    return invalid([{ path: '', source: path, message: file.message }], undefined);
  }
  const yaml = readYaml(file.value);
  const fileSaysPaused = yaml.saysTrue('paused');
  if (yaml.kind === 'unreadable') {
    return invalid([{ path: '', source: path, ...yaml.problem }], fileSaysPaused || undefined);
  }
  const { value, variables, problems } = overlayEnvironment(yaml.value ?? {}, env);
  const validation = validate(value);

  const errors: ConfigError[] = [
    ...yaml.problems.map((problem) => ({ path: '', source: path, ...problem })),
    ...problems.map(({ variable, message }) => ({ path: '', source: variable, message })),
  ];
  if (validation.kind === 'invalid') {
    for (const breach of validation.breaches) {
      const key = formatPath(breach.path);
      const variable = variables.get(key);
      const line = yaml.lineOf(breach.path);
      const place = variable === undefined && line !== undefined ? { line } : {};
      errors.push({ path: key, message: breach.message, source: variable ?? path, ...place });
    }
  } else if (errors.length === 0) {
    const { config } = validation;
    return {
      kind: 'loaded',
      config,
      hash: hashOf(canonicalJson(config)).slice(0, 16),
      fileDigest: hashOf(file.value),
      warnings: [...notYetInEffect(value), ...ineffective(value, config)],
    };
  }
  const says = valueAt(value, ['paused']) === true;
  const paused = variables.has('paused') ? says : says || fileSaysPaused;
  return invalid(errors, paused);
}

/** Lines for people, one an error, in the order of the file; ends with a line feed. */
export function formatErrors(errors: readonly ConfigError[]): string {
  const sorted = [...errors].sort(
    (left, right) =>
      left.source.localeCompare(right.source) || (left.line ?? 0) - (right.line ?? 0),
  );
  const lines = sorted.map(({ source, line, path, message }) => {
    const place = line === undefined ? source : `${source}:${line}`;
    return path === '' ? `  ${place}: ${message}` : `  ${place}: ${path} ${message}`;
  });
  const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
  return `${[`${count} in the configuration:`, ...lines].join('\n')}\n`;
}

function invalid(errors: readonly ConfigError[], paused: boolean | undefined): LoadResult {
  return { kind: 'invalid', errors, paused };
}

function readText(path: string, readFile: (path: string) => Uint8Array): Reading<string> {
  let bytes: Uint8Array;
  try {
    bytes = readFile(path);
  } catch (error) {
    return problemOf(unreadable(error));
  }
  if (bytes.length > maxFileBytes) {
    return problemOf('larger than 1MiB, which no configuration needs');
  }
  try {
    return valueOf(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    // The decoder's own words are about its inner workings.
    return problemOf('not UTF-8 text');
  }
}

function unreadable(error: unknown): string {
  if (error instanceof TwinspanError) return error.message;
  const code = systemCodeOf(error);
  if (code === 'ENOENT') {
    return 'does not exist: give the path of the configuration with --config, or begin with the example of docs/configuration.md';
  }
  if (code === 'EACCES') return 'may not be read by this user: change its owner or mode';
  if (code === 'EISDIR') return 'a directory: give the path of the file in it';
  return `cannot be read: ${messageOf(error)}`;
}

/** @throws Error of the system, or TwinspanError when the path is no regular file */
function readBounded(path: string): Uint8Array {
  // Opening a pipe would wait for its writer, and reading it as well: forever, if nobody writes.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() && !stats.isDirectory()) {
      throw new TwinspanError(
        'unreadable_file',
        'not a regular file: a pipe or a device gives its content once at most, and a configuration is read again; write it to a file',
      );
    }
    const bytes = Buffer.alloc(maxFileBytes + 1);
    let length = 0;
    for (;;) {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      length += read;
      if (read === 0 || length === bytes.length) return bytes.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** JSON with sorted keys, so that the order in which a file was written does not matter. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    const entries = Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(entries);
  });
}
