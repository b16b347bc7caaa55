import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { reasonWithAdvice } from '../../../src/base/system-advice.ts';

test('a file that is not there comes with what to check', () => {
  try {
    readFileSync('/no/such/file');
    assert.fail('it is there');
  } catch (error) {
    assert.match(reasonWithAdvice(error), /^ENOENT: .*; there is no such file or folder: check/);
  }
});

test('an address that this machine does not have comes with what to use', async () => {
  // RFC 5737: an address for documentation, which nobody has.
  const server = createServer().listen({ host: '192.0.2.1', port: 0 });
  const [error] = (await once(server, 'error')) as [Error];
  assert.match(reasonWithAdvice(error), /EADDRNOTAVAIL.*; this machine does not have that address/);
});

test('what nobody knows advice for is told as it is', () => {
  assert.equal(reasonWithAdvice(new Error('odd')), 'odd');
  assert.equal(reasonWithAdvice('text'), 'text');
});
