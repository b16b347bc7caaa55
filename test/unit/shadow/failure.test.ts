import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { failureOf } from '../../../src/shadow/failure.ts';
import {
  answeringOnce,
  endingAfter,
  hanging,
  hangingAfter,
  repeating,
  resettingAfter,
  type Script,
} from '../../kit/rude-server.ts';
import { sampleDuplicate } from '../duplicate/sample-duplicate.ts';
import { noSignal, startShadow } from './start-shadow.ts';

const ok = 'HTTP/1.1 200 OK\r\n';
const closing = `${ok}connection: close\r\n`;

describe('what a shadow can do instead of answering', () => {
  const rows: [does: string, script: Script, kind: string, errorType: string][] = [
    ['resets before an answer', resettingAfter(''), 'shadow_reset', 'ECONNRESET'],
    [
      'resets inside a body',
      resettingAfter(`${ok}content-length: 5\r\n\r\nab`),
      'shadow_reset',
      'ECONNRESET',
    ],
    ['ends the connection before an answer', endingAfter(''), 'shadow_reset', 'UND_ERR_SOCKET'],
    [
      'ends the connection inside the headers',
      endingAfter(`${ok}content-le`),
      'shadow_reset',
      'UND_ERR_SOCKET',
    ],
    [
      'ends a kept-alive connection inside a body',
      endingAfter(`${ok}content-length: 5\r\n\r\nab`),
      'shadow_reset',
      'UND_ERR_SOCKET',
    ],
    [
      'ends a closing connection inside a body',
      endingAfter(`${closing}content-length: 5\r\n\r\nab`),
      'shadow_reset',
      'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    ],
    [
      'ends a closing connection inside a chunk',
      endingAfter(`${closing}transfer-encoding: chunked\r\n\r\n5\r\nab`),
      'shadow_reset',
      'HTTPParserError',
    ],
    [
      'sends a chunk size that is no number',
      answeringOnce(`${ok}transfer-encoding: chunked\r\n\r\nzz\r\nab\r\n`),
      'shadow_malformed',
      'HTTPParserError',
    ],
    [
      'sends content-length and then transfer-encoding',
      answeringOnce(`${ok}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
      'shadow_malformed',
      'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    ],
    [
      'sends transfer-encoding and then content-length',
      answeringOnce(`${ok}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n`),
      'shadow_malformed',
      'HTTPParserError',
    ],
    [
      'sends two lengths',
      answeringOnce(`${ok}content-length: 5\r\ncontent-length: 6\r\n\r\nhello`),
      'shadow_malformed',
      'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    ],
    [
      'sends a negative length',
      answeringOnce(`${ok}content-length: -5\r\n\r\nhello`),
      'shadow_malformed',
      'HTTPParserError',
    ],
    [
      'speaks another protocol',
      answeringOnce('\x16\x03\x01garbage\r\n\r\n'),
      'shadow_malformed',
      'HTTPParserError',
    ],
    [
      'sends a header with a NUL',
      answeringOnce(`${ok}x-a: a\0b\r\ncontent-length: 0\r\n\r\n`),
      'shadow_malformed',
      'HTTPParserError',
    ],
    [
      'folds a header line',
      answeringOnce(`${ok}x-a: one\r\n two\r\ncontent-length: 0\r\n\r\n`),
      'shadow_malformed',
      'HTTPParserError',
    ],
    [
      'sends status 000',
      answeringOnce('HTTP/1.1 000 Nothing\r\ncontent-length: 0\r\n\r\n'),
      'shadow_malformed',
      'ERR_ASSERTION',
    ],
    [
      'sends 100 without having been asked',
      answeringOnce(`HTTP/1.1 100 Continue\r\n\r\n${ok}content-length: 0\r\n\r\n`),
      'shadow_malformed',
      'UND_ERR_SOCKET',
    ],
    [
      'switches protocols',
      answeringOnce('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
      'shadow_malformed',
      'UND_ERR_SOCKET',
    ],
    [
      'says that it switches protocols without saying to which',
      answeringOnce('HTTP/1.1 101 Switching\r\n\r\n'),
      'shadow_malformed',
      'unexpected_upgrade',
    ],
    [
      'sends interim responses without end',
      repeating('', 'HTTP/1.1 102 Processing\r\n\r\n'),
      'shadow_malformed',
      'too_many_interim_responses',
    ],
    [
      'sends headers without end',
      repeating(ok, `x-a: ${'a'.repeat(1000)}\r\n`),
      'shadow_too_large',
      'UND_ERR_HEADERS_OVERFLOW',
    ],
    [
      'sends trailers without end',
      repeating(`${ok}transfer-encoding: chunked\r\n\r\n0\r\n`, `x-a: ${'a'.repeat(1000)}\r\n`),
      'shadow_too_large',
      'UND_ERR_HEADERS_OVERFLOW',
    ],
    [
      'sends chunks without end',
      repeating(`${ok}transfer-encoding: chunked\r\n\r\n`, `400\r\n${'a'.repeat(0x400)}\r\n`),
      'shadow_too_large',
      'response_too_large',
    ],
    [
      'sends a body without a length and without end',
      repeating(`${ok}\r\n`, 'a'.repeat(1000)),
      'shadow_too_large',
      'response_too_large',
    ],
  ];

  for (const [does, script, kind, errorType] of rows) {
    it(`a shadow that ${does} is ${kind}, once, and keeps no byte`, async (t) => {
      const { client, server, budget, clock } = await startShadow(t, script);
      const response = await client.send(sampleDuplicate(), noSignal());
      assert.equal(response.kind, kind);
      assert.equal('errorType' in response && response.errorType, errorType);
      assert.equal(server.requests.length, 1);
      assert.equal(budget.used, 0);
      assert.equal(clock.timers, 0);
      assert.equal(client.inFlight, 0);
    });
  }

  const silent: [does: string, script: Script][] = [
    ['accepts and says nothing', hangingAfter('')],
    ['stops inside the headers', hangingAfter(`${ok}content-le`)],
    ['stops inside the body', hangingAfter(`${ok}content-length: 5\r\n\r\nab`)],
    ['drips its status line', repeating('HTTP/1.1 200 ', 'a')],
    ['drips its body', repeating(`${ok}content-length: 90000\r\n\r\n`, 'a')],
  ];
  for (const [does, script] of silent) {
    it(`a shadow that ${does} is shadow_timeout when the total time is over`, async (t) => {
      const { client, server, budget, clock } = await startShadow(t, script);
      const sending = client.send(sampleDuplicate(), noSignal());
      await server.received(1);
      clock.advance(1999);
      assert.equal(client.inFlight, 1);
      clock.advance(1);
      const response = await sending;
      assert.deepEqual(
        [response.kind, 'errorType' in response && response.errorType],
        ['shadow_timeout', 'timeout'],
      );
      assert.equal(budget.used, 0);
    });
  }

  it('headers that take longer than their own limit are shadow_timeout', async (t) => {
    const { client, server } = await startShadow(t, hanging, { headersTimeoutMs: 20 });
    const response = await client.send(sampleDuplicate(), noSignal());
    assert.deepEqual(
      [response.kind, 'errorType' in response && response.errorType],
      ['shadow_timeout', 'UND_ERR_HEADERS_TIMEOUT'],
    );
    assert.equal(server.connections, 1);
  });
});

describe('a shadow that cannot be reached', () => {
  it('is shadow_connect when nobody listens', async (t) => {
    const { client, server } = await startShadow(t, hanging);
    await server.close();
    const response = await client.send(sampleDuplicate(), noSignal());
    assert.deepEqual(
      [response.kind, 'errorType' in response && response.errorType],
      ['shadow_connect', 'ECONNREFUSED'],
    );
  });

  it('is shadow_connect whatever the error is, while there is no connection', () => {
    for (const code of ['ECONNRESET', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED']) {
      const error = Object.assign(new Error('said with words'), { code });
      assert.deepEqual(failureOf(error, 'connecting'), { kind: 'shadow_connect', errorType: code });
    }
  });
});

describe('a request that the client refuses to write', () => {
  it('is a named failure and reaches nobody', async (t) => {
    const { client, server } = await startShadow(t, hanging);
    const response = await client.send(sampleDuplicate({ path: '/a b' }), noSignal());
    assert.deepEqual(
      [response.kind, 'errorType' in response && response.errorType],
      ['shadow_malformed', 'UND_ERR_INVALID_ARG'],
    );
    assert.equal(server.connections, 0);
    assert.equal(client.inFlight, 0);
  });
});

describe('error.type', () => {
  it('is a code where there is one, else the name of the class, else _OTHER', () => {
    const coded = Object.assign(new Error('x'), {
      code: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
    });
    const sentence = Object.assign(new Error('x'), { code: 'the token abc was refused' });
    assert.equal(failureOf(coded, 'sent').errorType, 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE');
    assert.equal(failureOf(new TypeError('x'), 'sent').errorType, 'TypeError');
    assert.equal(failureOf(new Error('x'), 'sent').errorType, '_OTHER');
    assert.equal(failureOf(sentence, 'sent').errorType, '_OTHER');
    assert.equal(failureOf('thrown text', 'sent').errorType, '_OTHER');
  });

  it('is beside a kind, whatever was thrown', () => {
    assert.equal(failureOf(undefined, 'connecting').kind, 'shadow_connect');
    assert.equal(failureOf(undefined, 'sent').kind, 'shadow_reset');
    assert.equal(failureOf(new Error('x'), 'responding').kind, 'shadow_reset');
  });
});
