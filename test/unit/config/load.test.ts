import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { formatErrors, loadConfig, maxFileBytes } from '../../../src/config/load.ts';
import { configOf, configurationWith, errorsOf, load, loadedFrom, minimal } from './loading.ts';

const directory = mkdtempSync(join(tmpdir(), 'twinspan-load-'));
after(() => rmSync(directory, { recursive: true }));

function messageOfFile(path: string): string {
  const result = loadConfig({ path, env: {} });
  assert.ok(result.kind === 'invalid');
  return formatErrors(result.errors);
}

test('a file is read from disk', () => {
  const path = join(directory, 'good.yaml');
  writeFileSync(path, JSON.stringify(minimal));
  const result = loadConfig({ path, env: {} });
  assert.ok(result.kind === 'loaded');
  assert.deepEqual(result.config, configOf(minimal));
});

test('the example with every section is valid', () => {
  const text = readFileSync(new URL('../../fixtures/config/full.yaml', import.meta.url), 'utf8');
  const config = configOf(text);
  assert.equal(config.capture.maxDuration, 60_000);
  assert.equal(config.routes[0]?.compare.tolerance.relative, 1e-6);
  assert.equal(config.expires, Date.UTC(2027, 3, 1));
});

test('a missing file, a directory and a file too large say what to do', () => {
  assert.match(messageOfFile(join(directory, 'none.yaml')), /does not exist: .*--config/);
  assert.match(messageOfFile(directory), /is a directory|a directory: give the path/);
  const path = join(directory, 'large.yaml');
  writeFileSync(path, `#${'x'.repeat(maxFileBytes)}`);
  assert.match(messageOfFile(path), /larger than 1MiB/);
});

test('a pipe and a device are refused without a wait for what they hold', () => {
  const path = join(directory, 'pipe.yaml');
  execFileSync('mkfifo', [path]);
  assert.match(messageOfFile(path), /not a regular file: .*write it to a file/);
  assert.match(messageOfFile('/dev/null'), /not a regular file/);
});

test('what is invalid tells what it says of paused, when that can be known', () => {
  const pausedOf = (content: unknown, env: Record<string, string> = {}): boolean | undefined => {
    const result = load(content, env);
    assert.ok(result.kind === 'invalid');
    return result.paused;
  };
  assert.equal(pausedOf({ paused: true }), true);
  assert.equal(pausedOf({ paused: false }), false);
  assert.equal(pausedOf({}), false);
  assert.equal(pausedOf({ paused: 'true' }), false);
  assert.equal(pausedOf({ shadow: { paused: true } }), false);
  assert.equal(pausedOf('x: &on true\npaused: *on\n'), true);
  assert.equal(pausedOf('paused: true\npaused: false\n'), true);
  assert.equal(pausedOf('paused: true\nroutes: [\n'), true);
  assert.equal(pausedOf('routes: [\npaused: true\n'), true);
  assert.equal(pausedOf('routes: [\n'), undefined);
  assert.equal(pausedOf('a: ['.repeat(1_000)), undefined);
  // As ever, the environment wins.
  assert.equal(pausedOf({}, { TWINSPAN_PAUSED: 'true' }), true);
  assert.equal(pausedOf({ paused: true }, { TWINSPAN_PAUSED: 'false' }), false);
  const gone = loadConfig({ path: join(directory, 'none.yaml'), env: {} });
  assert.ok(gone.kind === 'invalid');
  assert.equal(gone.paused, undefined);
});

test('a file of exactly 1 MiB is read', () => {
  const text = JSON.stringify(minimal);
  configOf(text + ' '.repeat(maxFileBytes - text.length));
});

test('a byte order mark is no part of the text, and what is no UTF-8 is an error', () => {
  configOf(`\uFEFF${JSON.stringify(minimal)}`);
  const readFile = () => Uint8Array.of(0xff, 0xfe);
  const result = loadConfig({ path: 'a', env: {}, readFile });
  assert.match(result.kind === 'invalid' ? formatErrors(result.errors) : '', /UTF-8/);
});

test('a reader that throws is an error, not a throw', () => {
  const readFile = () => {
    throw new Error('boom');
  };
  const result = loadConfig({ path: 'a', env: {}, readFile });
  assert.match(result.kind === 'invalid' ? formatErrors(result.errors) : '', /boom/);
});

test('each error has path, file and line', () => {
  const [error] = errorsOf(
    'shadow:\n  url: http://127.0.0.1:9102\n  rate: x\nroutes: [{name: a, match: {path: /}}]\n',
  );
  assert.deepEqual([error?.path, error?.source, error?.line], ['shadow.rate', 'twinspan.yaml', 3]);
});

test('errors of YAML, environment, values and rules come together', () => {
  const text = `paused: false
paused: true
shadow: {url: "http://127.0.0.1:9102", rate: x}
routes: [{name: a, match: {path: /, methods: [POST]}}]
`;
  const errors = errorsOf(text, { TWINSPAN_ZZZ: '1' });
  assert.deepEqual(
    errors.map(({ path, source }) => path || source),
    ['twinspan.yaml', 'TWINSPAN_ZZZ', 'shadow.rate', 'routes[0].match.methods'],
  );
});

test('errors are written one a line, in the order of the file', () => {
  const text = 'routes: []\nzzz: 1\nshadow: {url: "http://127.0.0.1:9102"}\n';
  assert.equal(
    formatErrors(errorsOf(text)),
    [
      '2 errors in the configuration:',
      '  twinspan.yaml:1: routes must hold 1 to 200 routes',
      '  twinspan.yaml:2: zzz is an unknown key',
      '',
    ].join('\n'),
  );
});

test('the hash tells configurations apart, not ways of writing them', () => {
  const plain = loadedFrom(minimal);
  assert.match(plain.hash, /^[0-9a-f]{16}$/);
  const stated = loadedFrom(
    'routes:\n  - match: {path: "/**"}\n    name: all\nshadow: {timeout: 2000ms, url: http://127.0.0.1:9102/}\n',
  );
  assert.equal(stated.hash, plain.hash);
  assert.notEqual(stated.fileDigest, plain.fileDigest);
  const other = loadedFrom(configurationWith({ paused: true }));
  assert.notEqual(other.hash, plain.hash);
  assert.equal(loadedFrom(minimal, { TWINSPAN_PAUSED: 'true' }).hash, other.hash);
});

test('a number where a text is due is told to stand in quotes', () => {
  const [error] = errorsOf(configurationWith({ shadow: { version: 2 } }));
  assert.match(error?.message ?? '', /write it in quotes/);
});

test('loading changes no prototype', () => {
  load('{"__proto__": {"polluted": 1}, "segments": {"__proto__": {"polluted": 1}}}');
  assert.equal('polluted' in {}, false);
});
