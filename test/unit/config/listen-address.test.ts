import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';

import {
  answersAt,
  isLoopbackHost,
  parseListenAddress,
  thisMachine,
  type Machine,
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

/** Where the listeners of the tests below stand. */
const machine: Machine = {
  addresses: ['127.0.0.1', '::1', '192.0.2.7', '2001:db8::7', 'fe80::7'],
  names: ['Box.example', 'box'],
};

/** Whether a listener of port 80 at `listener` may be what answers at `host`. */
function answers(listener: string, host: string): boolean {
  return answersAt({ kind: 'tcp', host: listener, port: 80 }, host, 80, machine);
}

const loopbackSpellings = [
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.localhost',
  'localhost.localdomain',
  'localhost6',
  'ip6-localhost',
  'ip6-loopback.',
  '127.0.0.1',
  '127.0.0.1.',
  '127.1',
  '127.9.9.9',
  '0x7f.1',
  '017700000001',
  '2130706433',
  '::1',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '::FFFF:7f00:1',
];
const unspecifiedSpellings = ['0.0.0.0', '0', '::', '[::]', '[::ffff:0.0.0.0]', '[0:0::0]'];
const ownAddresses = [
  '192.0.2.7',
  '0xc0.0.2.7',
  '[::ffff:192.0.2.7]',
  '[2001:DB8:0::7]',
  '[fe80::7%eth0]',
];
const ownNames = ['box', 'BOX.', 'box.example', 'Box.Example.'];
const otherHosts = [
  '192.0.2.8',
  '[2001:db8::8]',
  '[::ffff:192.0.2.8]',
  'shadow',
  'box.example.org',
  'localhost.example',
  'mylocalhost',
  '128.0.0.1',
];

test('a listener on every interface answers under every name and address of its machine', () => {
  for (const listener of ['0.0.0.0', '::', '::ffff:0.0.0.0']) {
    const own = [...loopbackSpellings, ...unspecifiedSpellings, ...ownAddresses, ...ownNames];
    for (const host of own) assert.equal(answers(listener, host), true, `${listener} ${host}`);
    for (const host of otherHosts) {
      assert.equal(answers(listener, host), false, `${listener} ${host}`);
    }
  }
});

test('a listener on loopback answers under every spelling of it', () => {
  for (const listener of ['127.0.0.1', 'localhost', '::1', '0x7f.1']) {
    // The name of a machine may stand for loopback.
    for (const host of [...loopbackSpellings, ...unspecifiedSpellings, ...ownNames]) {
      assert.equal(answers(listener, host), true, `${listener} ${host}`);
    }
    for (const host of [...ownAddresses, ...otherHosts]) {
      assert.equal(answers(listener, host), false, `${listener} ${host}`);
    }
  }
});

test('a listener on one address answers there, and under the name of its machine', () => {
  for (const host of ['192.0.2.7', '[::ffff:c000:207]', ...ownNames, ...unspecifiedSpellings]) {
    assert.equal(answers('192.0.2.7', host), true, host);
  }
  for (const host of ['[2001:db8::7]', ...loopbackSpellings, ...otherHosts]) {
    assert.equal(answers('192.0.2.7', host), false, host);
  }
});

test('a listener on the name of its machine answers under all that the name may stand for', () => {
  const own = [...loopbackSpellings, ...unspecifiedSpellings, ...ownAddresses, ...ownNames];
  for (const host of own) assert.equal(answers('box.example', host), true, host);
  for (const host of otherHosts) assert.equal(answers('box', host), false, host);
});

test('a listener on another name answers under that name alone', () => {
  for (const host of ['twinspan.internal', 'Twinspan.Internal.']) {
    assert.equal(answers('twinspan.internal', host), true, host);
  }
  for (const host of [...loopbackSpellings, ...ownNames, ...otherHosts]) {
    assert.equal(answers('twinspan.internal', host), false, host);
  }
});

test('a listener answers at its port alone, and on a Unix socket at none', () => {
  const tcp = { kind: 'tcp', host: '127.0.0.1', port: 80 } as const;
  assert.equal(answersAt(tcp, '127.0.0.1', 81, machine), false);
  assert.equal(answersAt({ kind: 'unix', path: '/x' }, 'localhost', 80, machine), false);
});

test('what is no host at all is elsewhere', () => {
  for (const host of ['', '[', '[]', '%', 'a b', '1.2.3.4.5', 'a/b', '\0']) {
    assert.equal(answers('127.0.0.1', host), false, JSON.stringify(host));
  }
});

test('this machine is known by the addresses of its interfaces', () => {
  const { addresses } = thisMachine();
  const all = Object.values(networkInterfaces()).flatMap((interfaces) => interfaces ?? []);
  assert.deepEqual(
    addresses,
    all.map(({ address }) => address),
  );
});
