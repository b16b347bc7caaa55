import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  answersAt,
  isLoopbackHost,
  parseListenAddress,
} from '../../../src/config/listen-address.ts';

test('host and port, IPv6 in brackets, and a Unix socket are addresses', () => {
  for (const [text, address] of [
    ['127.0.0.1:9002', { kind: 'tcp', host: '127.0.0.1', port: 9002 }],
    ['localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }],
    ['[::1]:65535', { kind: 'tcp', host: '::1', port: 65_535 }],
    ['twin-span.internal:1', { kind: 'tcp', host: 'twin-span.internal', port: 1 }],
    ['unix:/run/twinspan/ext_proc.sock', { kind: 'unix', path: '/run/twinspan/ext_proc.sock' }],
  ] as const) {
    assert.deepEqual(parseListenAddress(text), { kind: 'value', value: address }, text);
  }
});

test('an address without host, port or absolute path is a problem', () => {
  for (const text of [
    '',
    '9002',
    ':9002',
    '*:9002',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '127.0.0.300:1',
    '::1:9002',
    '[127.0.0.1]:1',
    'a b:1',
    'http://127.0.0.1:9002',
    'unix:',
    'unix:run/x.sock',
    'unix:/a\0b',
    `unix:/${'x'.repeat(107)}`,
  ]) {
    assert.equal(parseListenAddress(text).kind, 'problem', JSON.stringify(text));
  }
});

test('only this machine reaches a loopback host', () => {
  for (const host of [
    '127.0.0.1',
    '127.8.9.1',
    '::1',
    '0:0:0:0:0:0:0:1',
    'localhost',
    'LOCALHOST',
  ]) {
    assert.equal(isLoopbackHost(host), true, host);
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'localhost.example', '127.example', '']) {
    assert.equal(isLoopbackHost(host), false, host);
  }
});

test('a listener answers under every name of its own', () => {
  const at = (host: string) => ({ kind: 'tcp', host, port: 80 }) as const;
  assert.equal(answersAt(at('127.0.0.1'), 'localhost', 80), true);
  assert.equal(answersAt(at('0.0.0.0'), '127.0.0.1', 80), true);
  assert.equal(answersAt(at('Host.example'), 'host.example', 80), true);
  assert.equal(answersAt(at('127.0.0.1'), '127.0.0.1', 81), false);
  assert.equal(answersAt(at('10.0.0.1'), '127.0.0.1', 80), false);
  assert.equal(answersAt({ kind: 'unix', path: '/x' }, 'localhost', 80), false);
});
