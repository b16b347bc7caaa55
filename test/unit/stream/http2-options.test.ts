import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { test } from 'node:test';

import { TwinspanError } from '../../../src/base/errors.ts';
import { withHttp2Options } from '../../../src/stream/http2-options.ts';

test('Node gets its own functions back, also when the creation fails', () => {
  const { createServer, createSecureServer } = http2;
  const untouched = (): void => {
    assert.equal(http2.createServer, createServer);
    assert.equal(http2.createSecureServer, createSecureServer);
  };
  withHttp2Options(
    () => {
      assert.notEqual(http2.createServer, createServer);
      http2.createServer({});
    },
    () => {},
  );
  untouched();
  assert.throws(
    () =>
      withHttp2Options(
        () => {
          throw new Error('no server');
        },
        () => {},
      ),
    /no server/,
  );
  untouched();
});

test('a creation that goes past the limits is found out', () => {
  assert.throws(
    () =>
      withHttp2Options(
        () => {},
        () => {},
      ),
    (error) => error instanceof TwinspanError && error.code === 'self_test_failed',
  );
});
