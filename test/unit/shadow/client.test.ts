import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { HeaderList } from '../../../src/base/header-list.ts';
import type { Duplicate } from '../../../src/duplicate/duplicate.ts';
import type { ShadowAnswer, ShadowResponse } from '../../../src/shadow/shadow-response.ts';
import {
  answering,
  endingAfter,
  hanging,
  hangingAfter,
  repeating,
  type Script,
} from '../../kit/rude-server.ts';
import { bodyOf, sampleDuplicate } from '../duplicate/sample-duplicate.ts';
import { noSignal, startShadow } from './start-shadow.ts';

const hi = answering('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function lineOf(request: Buffer | undefined): string | undefined {
  return request?.toString('latin1').split('\r\n')[0];
}

/** Header lines of a request, without those that name the connection. */
function headersOf(request: Buffer | undefined): string[] {
  const lines = request?.toString('latin1').split('\r\n\r\n')[0]?.split('\r\n').slice(1) ?? [];
  return lines.filter((line) => !/^(?:connection|host):/.test(line));
}

function hostOf(request: Buffer | undefined): string | undefined {
  return /^host: (.*)\r$/m.exec(request?.toString('latin1') ?? '')?.[1];
}

function answered(response: ShadowResponse): ShadowAnswer {
  assert.ok(response.kind === 'answered', `${response.kind} instead of an answer`);
  return response;
}

describe('what goes out', () => {
  for (const path of [
    '/',
    '//evil.example/x',
    '/\\evil.example',
    '/a/../b/./c',
    '/a/%2e%2e/b',
    '/x?y=%00&z=%',
    '/x?',
    '/?a=http://169.254.169.254/',
    '/latin1/\xe9\xff\x80',
    '/@host:80/;p=1',
  ]) {
    it(`the path ${JSON.stringify(path)} goes out byte for byte, to the configured origin`, async (t) => {
      const { client, server } = await startShadow(t, hi);
      answered(await client.send(sampleDuplicate({ path }), noSignal()));
      assert.equal(lineOf(server.requests[0]), `GET ${path} HTTP/1.1`);
      assert.equal(hostOf(server.requests[0]), `127.0.0.1:${server.port}`);
    });
  }

  it('every byte that a header value may have goes out as that byte', async (t) => {
    const { client, server } = await startShadow(t, hi);
    let value = 'a\t';
    for (let byte = 0x20; byte <= 0xff; byte += 1) {
      if (byte !== 0x7f) value += String.fromCharCode(byte);
    }
    const headers = HeaderList.fromPairs([['x-bytes', value]]);
    answered(await client.send(sampleDuplicate({ headers }), noSignal()));
    assert.deepEqual(headersOf(server.requests[0]), [`x-bytes: ${value}`]);
  });

  it('headers keep their order and their duplicates', async (t) => {
    const { client, server } = await startShadow(t, hi);
    const headers = HeaderList.fromPairs([
      ['x-b', '1'],
      ['accept', 'a'],
      ['x-b', '2'],
      ['__proto__', 'p'],
      ['accept', 'b'],
    ]);
    answered(await client.send(sampleDuplicate({ headers }), noSignal()));
    assert.deepEqual(headersOf(server.requests[0]), [
      'x-b: 1',
      'accept: a',
      'x-b: 2',
      '__proto__: p',
      'accept: b',
    ]);
  });

  it('a body goes out with its own length, whatever the method', async (t) => {
    const { client, server } = await startShadow(t, hi);
    for (const method of ['POST', 'GET', 'DELETE', 'propfind']) {
      const body = bodyOf('a\0\xffb');
      answered(await client.send(sampleDuplicate({ method, body }), noSignal()));
      const sent = server.requests.at(-1);
      assert.equal(lineOf(sent), `${method} /v1/predict HTTP/1.1`);
      assert.deepEqual(headersOf(sent), ['content-length: 4']);
      assert.equal(sent?.subarray(-4).toString('latin1'), 'a\0\xffb');
    }
  });

  it('an empty POST says so, an empty GET says nothing', async (t) => {
    const { client, server } = await startShadow(t, hi);
    answered(await client.send(sampleDuplicate({ method: 'POST' }), noSignal()));
    answered(await client.send(sampleDuplicate({ method: 'GET' }), noSignal()));
    assert.deepEqual(server.requests.map(headersOf), [['content-length: 0'], []]);
  });

  it('with host: preserve the live authority is the Host', async (t) => {
    const { client, server } = await startShadow(t, hi, { host: 'preserve' });
    answered(await client.send(sampleDuplicate({ authority: 'shop.example:8443' }), noSignal()));
    assert.equal(hostOf(server.requests[0]), 'shop.example:8443');
  });

  it('a path in the configured URL is not used', async (t) => {
    const shadow = await startShadow(t, hi);
    const { client } = await startShadow(t, hi, { url: `${shadow.server.url}/base/?q=1` });
    answered(await client.send(sampleDuplicate({ path: '/x' }), noSignal()));
    assert.equal(lineOf(shadow.server.requests[0]), 'GET /x HTTP/1.1');
  });
});

describe('what comes back', () => {
  it('header bytes, order and duplicates are kept, names are lower case, outer space is gone', async (t) => {
    const { client } = await startShadow(
      t,
      answering(
        'HTTP/1.1 200 OK\r\nX-B:  1 \t\r\nSet-Cookie: a\r\n__proto__: p\r\nset-cookie: \xe9\xff\xa0\r\ncontent-length: 0\r\n\r\n',
      ),
    );
    const { headers } = answered(await client.send(sampleDuplicate(), noSignal()));
    assert.deepEqual(
      [...headers],
      [
        ['x-b', '1'],
        ['set-cookie', 'a'],
        ['__proto__', 'p'],
        ['set-cookie', '\xe9\xff\xa0'],
        ['content-length', '0'],
      ],
    );
  });

  it('headers of 60 KiB are an answer, as they are to Envoy', async (t) => {
    const line = `x-large: ${'x'.repeat(1013)}\r\n`;
    const head = `HTTP/1.1 200 OK\r\n${line.repeat(60)}content-length: 2\r\n\r\n`;
    const { client } = await startShadow(t, answering(`${head}hi`));
    const answer = answered(await client.send(sampleDuplicate(), noSignal()));
    assert.equal(answer.headers.getAll('x-large').length, 60);
    assert.equal(answer.body.bytes?.toString(), 'hi');
  });

  it('headers of more than 64 KiB are too large, whatever comes after them', async (t) => {
    const line = `x-large: ${'x'.repeat(1013)}\r\n`;
    const head = `HTTP/1.1 200 OK\r\n${line.repeat(65)}content-length: 2\r\n\r\n`;
    const { client } = await startShadow(t, answering(`${head}hi`));
    const { kind } = await client.send(sampleDuplicate(), noSignal());
    assert.equal(kind, 'shadow_too_large');
  });

  it('trailers come apart from headers', async (t) => {
    const { client } = await startShadow(
      t,
      answering(
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1 \r\nx-sum: 2\r\n\r\n',
      ),
    );
    const answer = answered(await client.send(sampleDuplicate(), noSignal()));
    assert.equal(answer.body.bytes?.toString(), 'hi');
    assert.deepEqual(
      [...answer.trailers],
      [
        ['x-sum', '1'],
        ['x-sum', '2'],
      ],
    );
  });

  it('interim responses are passed over', async (t) => {
    const { client } = await startShadow(
      t,
      answering(
        'HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi',
      ),
    );
    const answer = answered(await client.send(sampleDuplicate(), noSignal()));
    assert.equal(answer.status, 200);
    assert.deepEqual([...answer.headers], [['content-length', '2']]);
  });

  for (const [method, status] of [
    ['HEAD', '200 OK'],
    ['GET', '204 No Content'],
    ['GET', '304 Not Modified'],
  ] as const) {
    it(`a ${status} to ${method} has no body, whatever length it names, and shifts no later answer`, async (t) => {
      let first = true;
      const script: Script = async (connection) => {
        while ((await connection.request()) !== undefined) {
          const body = first ? '' : 'later';
          const line = first ? status : '200 OK';
          first = false;
          await connection.send(`HTTP/1.1 ${line}\r\ncontent-length: 5\r\n\r\n${body}`);
        }
        connection.end();
      };
      const { client } = await startShadow(t, script);
      const bodyless = answered(await client.send(sampleDuplicate({ method }), noSignal()));
      assert.deepEqual([bodyless.status, bodyless.body.length], [Number(status.slice(0, 3)), 0]);
      const next = answered(await client.send(sampleDuplicate(), noSignal()));
      assert.equal(next.body.bytes?.toString(), 'later');
    });
  }

  it('a redirect is an answer and is not followed', async (t) => {
    const elsewhere = await startShadow(t, hi);
    const { client, server } = await startShadow(
      t,
      answering(
        `HTTP/1.1 307 Go\r\nlocation: ${elsewhere.server.url}/x\r\ncontent-length: 0\r\n\r\n`,
      ),
    );
    const answer = answered(await client.send(sampleDuplicate({ method: 'POST' }), noSignal()));
    assert.equal(answer.headers.get('location'), `${elsewhere.server.url}/x`);
    assert.equal(server.requests.length, 1);
    assert.equal(elsewhere.server.connections, 0);
  });

  it('a body beyond maxBodyBytes is kept as length and hash and takes nothing from the budget', async (t) => {
    const { client, budget } = await startShadow(
      t,
      answering(`HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n${'a'.repeat(1001)}`),
    );
    const { body } = answered(await client.send(sampleDuplicate(), noSignal()));
    assert.deepEqual([body.length, body.bytes, body.sha256?.length], [1001, undefined, 64]);
    assert.equal(budget.used, 0);
  });

  it('the kept bytes of an answer stay taken from the budget', async (t) => {
    const { client, budget } = await startShadow(t, hi);
    answered(await client.send(sampleDuplicate(), noSignal()));
    assert.equal(budget.used, 2);
  });

  it('a body of exactly maxResponseBytes is an answer', async (t) => {
    const { client } = await startShadow(t, hi, { maxResponseBytes: 2 });
    answered(await client.send(sampleDuplicate(), noSignal()));
  });

  it('times are those of handing the request to the connection and of the last byte', async (t) => {
    const script: Script = async (connection) => {
      await connection.request();
      clock.advance(30);
      await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi');
      await connection.closed;
    };
    const { client, clock } = await startShadow(t, script);
    const before = clock.now();
    const answer = answered(await client.send(sampleDuplicate(), noSignal()));
    assert.deepEqual([answer.sentAt - before, answer.endedAt - before], [0, 30]);
  });
});

describe('at most once', () => {
  it('a kept-alive connection that dies under a request is a failure, not a second request', async (t) => {
    const script: Script = async (connection) => {
      await connection.request();
      await connection.send('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi');
      await connection.request();
      connection.reset();
    };
    const { client, server } = await startShadow(t, script);
    answered(await client.send(sampleDuplicate({ path: '/1' }), noSignal()));
    const second = await client.send(sampleDuplicate({ path: '/2' }), noSignal());
    assert.equal(second.kind, 'shadow_reset');
    assert.deepEqual(server.requests.map(lineOf), ['GET /1 HTTP/1.1', 'GET /2 HTTP/1.1']);
    assert.equal(server.connections, 1);
  });

  it('many requests to a shadow that resets every connection reach it once each', async (t) => {
    const script: Script = async (connection) => {
      await connection.request();
      connection.reset();
    };
    const { client, server } = await startShadow(t, script, { connections: 4 });
    const paths = Array.from({ length: 200 }, (_, index) => `/${index}`);
    const responses = await Promise.all(
      paths.map((path) => client.send(sampleDuplicate({ path }), noSignal())),
    );
    assert.ok(responses.every(({ kind }) => kind === 'shadow_reset'));
    const reached = server.requests.map((request) => lineOf(request)?.split(' ')[1]);
    assert.equal(reached.length, paths.length);
    assert.deepEqual(new Set(reached), new Set(paths));
  });

  it('bytes after an answer are never the answer to the next request', async (t) => {
    const script: Script = async (connection) => {
      const number = connection.index;
      await connection.request();
      await connection.send(
        `HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n${number}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil`,
      );
      await connection.closed;
    };
    const { client } = await startShadow(t, script);
    for (const expected of ['0', '1', '2']) {
      const { body } = answered(await client.send(sampleDuplicate(), noSignal()));
      assert.equal(body.bytes?.toString(), expected);
    }
  });
});

describe('bounds', () => {
  it('connections are bounded, and what waits for one is sent when one is free', async (t) => {
    const { client, server } = await startShadow(t, hi, { connections: 3 });
    const responses = await Promise.all(
      Array.from({ length: 30 }, () => client.send(sampleDuplicate(), noSignal())),
    );
    assert.ok(responses.every(({ kind }) => kind === 'answered'));
    assert.equal(server.requests.length, 30);
    assert.ok(server.connections <= 3, `${server.connections} connections`);
  });

  it('what times out while it waits for a connection is never sent', async (t) => {
    const { client, server, clock } = await startShadow(
      t,
      hangingAfter('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n'),
    );
    const first = client.send(sampleDuplicate({ path: '/first' }), noSignal());
    await server.received(1);
    clock.advance(1000);
    const waiting = client.send(sampleDuplicate({ path: '/waiting' }), noSignal());
    client.timeoutMs = 500;
    const impatient = client.send(sampleDuplicate({ path: '/impatient' }), noSignal());
    clock.advance(500);
    assert.equal((await impatient).kind, 'shadow_timeout');
    clock.advance(500);
    assert.equal((await first).kind, 'shadow_timeout');
    await server.received(2);
    clock.advance(1000);
    assert.equal((await waiting).kind, 'shadow_timeout');
    assert.deepEqual(server.requests.map(lineOf), ['GET /first HTTP/1.1', 'GET /waiting HTTP/1.1']);
  });

  it('what has timed out is let go of, body and all, while the shadow still hangs', async (t) => {
    const { client, server, clock } = await startShadow(t, hangingAfter(''), { timeoutMs: 10_000 });
    const hung = client.send(sampleDuplicate(), noSignal());
    await server.received(1);
    client.timeoutMs = 100;
    const sendInVain = async (): Promise<WeakRef<Duplicate>> => {
      const duplicate = sampleDuplicate({ method: 'POST', body: bodyOf('a body') });
      const sending = client.send(duplicate, noSignal());
      clock.advance(100);
      assert.equal((await sending).kind, 'shadow_timeout');
      return new WeakRef(duplicate);
    };
    const references = await Promise.all(Array.from({ length: 20 }, sendInVain));
    // A WeakRef holds its target until the turn is over, and a machine's registers may hold one for a few more.
    const held = (): number => references.filter((it) => it.deref() !== undefined).length;
    for (let turns = 0; turns < 100; turns += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
      if (held() === 0) break;
    }
    assert.equal(held(), 0);
    clock.advance(10_000);
    assert.equal((await hung).kind, 'shadow_timeout');
  });

  it('a request given up while its connection is made leaves the connection to the next', async (t) => {
    const { client, server } = await startShadow(t, hi);
    const abort = new AbortController();
    const given = client.send(sampleDuplicate({ path: '/given-up' }), abort.signal);
    abort.abort();
    assert.equal((await given).kind, 'cancelled');
    answered(await client.send(sampleDuplicate({ path: '/next' }), noSignal()));
    assert.deepEqual(server.requests.map(lineOf), ['GET /next HTTP/1.1']);
    assert.equal(server.connections, 1);
  });

  it('a new timeout holds for what is sent from now on', async (t) => {
    const { client, clock } = await startShadow(t, hanging, { connections: 2 });
    const old = client.send(sampleDuplicate(), noSignal());
    client.timeoutMs = 100;
    const young = client.send(sampleDuplicate(), noSignal());
    clock.advance(100);
    assert.equal((await young).kind, 'shadow_timeout');
    assert.equal(client.inFlight, 1);
    clock.advance(1900);
    assert.equal((await old).kind, 'shadow_timeout');
  });

  it('a shadow that cuts every connection after its answer is served over new ones', async (t) => {
    const { client, server } = await startShadow(
      t,
      endingAfter('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi'),
    );
    for (const _ of [1, 2, 3]) answered(await client.send(sampleDuplicate(), noSignal()));
    assert.equal(server.connections, 3);
  });
});

describe('giving up', () => {
  it('an aborted request is cancelled and its connection closed', async (t) => {
    const { client, server, budget, clock } = await startShadow(
      t,
      repeating('HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n', 'a'),
    );
    const abort = new AbortController();
    const sending = client.send(sampleDuplicate(), abort.signal);
    await server.received(1);
    abort.abort();
    assert.equal((await sending).kind, 'cancelled');
    assert.deepEqual([client.inFlight, budget.used, clock.timers], [0, 0, 0]);
  });

  it('a signal that is aborted already sends nothing', async (t) => {
    const { client, server } = await startShadow(t, hi);
    assert.equal((await client.send(sampleDuplicate(), AbortSignal.abort())).kind, 'cancelled');
    assert.equal(server.connections, 0);
  });

  it('close cancels what is under way and what waits, and is idempotent', async (t) => {
    const { client, server } = await startShadow(t, hanging);
    const sending = [1, 2, 3].map(() => client.send(sampleDuplicate(), noSignal()));
    await server.accepted(1);
    const closing = client.close();
    assert.deepEqual(
      (await Promise.all(sending)).map(({ kind }) => kind),
      ['cancelled', 'cancelled', 'cancelled'],
    );
    await closing;
    await client.close();
    assert.equal((await client.send(sampleDuplicate(), noSignal())).kind, 'cancelled');
    assert.equal(server.connections, 1);
  });
});

describe('behind an egress', () => {
  const egressSays = (value: string): Script =>
    answering(
      `HTTP/1.1 503 Service Unavailable\r\nx-twinspan-egress: ${value}\r\ncontent-length: 4\r\n\r\ngone`,
    );

  it("an answer of the shadow's is an answer, without the header of the egress", async (t) => {
    const { client } = await startShadow(t, egressSays('via_upstream -'), { egress: true });
    const answer = answered(await client.send(sampleDuplicate(), noSignal()));
    assert.equal(answer.status, 503);
    assert.deepEqual([...answer.headers], [['content-length', '4']]);
  });

  it('an answer of the proxy is a failure by its flag, keeps no byte and the connection', async (t) => {
    const { client, server, budget } = await startShadow(
      t,
      egressSays('upstream_reset_before_response_started{connection_failure} UF'),
      { egress: true },
    );
    for (const _ of [1, 2]) {
      const response = await client.send(sampleDuplicate(), noSignal());
      assert.deepEqual(
        [response.kind, 'errorType' in response && response.errorType],
        ['shadow_connect', 'UF'],
      );
    }
    assert.equal(budget.used, 0);
    assert.equal(server.connections, 1);
  });

  it('without the header everything is an answer, and one warning says so', async (t) => {
    const { client, logged } = await startShadow(t, hi, { egress: true });
    for (const _ of [1, 2, 3]) answered(await client.send(sampleDuplicate(), noSignal()));
    assert.equal(logged().length, 1);
    assert.match(logged()[0]!, /"event":"egress_header_missing"/);
  });

  it('the header of a shadow that is no egress is a header like any other', async (t) => {
    const { client } = await startShadow(t, egressSays('x UF'));
    const answer = answered(await client.send(sampleDuplicate(), noSignal()));
    assert.equal(answer.headers.get('x-twinspan-egress'), 'x UF');
  });
});

describe('over TLS', () => {
  const directory = new URL('../../fixtures/tls/', import.meta.url).pathname;
  const pair = (name: string): { cert: Buffer; key: Buffer } => ({
    cert: readFileSync(`${directory}${name}.pem`),
    key: readFileSync(`${directory}${name}.key`),
  });
  const ca = { caFile: `${directory}ca.pem` };
  const mutual = {
    ...pair('server'),
    ca: readFileSync(ca.caFile),
    requestCert: true,
    rejectUnauthorized: true,
  };

  it('a server with a certificate of the configured authority is asked, by address', async (t) => {
    const { client } = await startShadow(t, hi, { serverTls: pair('server'), tls: ca });
    answered(await client.send(sampleDuplicate(), noSignal()));
  });

  it('serverName is the name that is asked for and verified', async (t) => {
    const names: (string | undefined)[] = [];
    const serverTls = {
      ...pair('server'),
      SNICallback: (name: string, done: (error: null) => void) => {
        names.push(name);
        done(null);
      },
    };
    const { client } = await startShadow(t, hi, {
      serverTls,
      tls: { ...ca, serverName: 'shadow.example' },
    });
    answered(await client.send(sampleDuplicate(), noSignal()));
    assert.deepEqual(names, ['shadow.example']);
  });

  it('an address is verified, but never asked for by name', async (t) => {
    const names: string[] = [];
    const serverTls = {
      ...pair('server'),
      SNICallback: (name: string, done: (error: null) => void) => {
        names.push(name);
        done(null);
      },
    };
    const { client } = await startShadow(t, hi, { serverTls, tls: ca });
    answered(await client.send(sampleDuplicate(), noSignal()));
    assert.deepEqual(names, []);
  });

  it('a Host that a customer chose changes neither the name that is verified nor the connection', async (t) => {
    const { client, server } = await startShadow(t, hi, {
      serverTls: pair('server'),
      tls: ca,
      host: 'preserve',
    });
    for (const authority of ['a.example', 'b.example', 'other.example']) {
      answered(await client.send(sampleDuplicate({ authority }), noSignal()));
    }
    assert.deepEqual(server.requests.map(hostOf), ['a.example', 'b.example', 'other.example']);
    assert.equal(server.connections, 1);
  });

  for (const [what, name, tls, errorType] of [
    ['of an unknown authority', 'server', {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['for another name', 'other-server', ca, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['that has expired', 'expired-server', ca, 'CERT_HAS_EXPIRED'],
  ] as const) {
    it(`a certificate ${what} is shadow_connect, and no request leaves`, async (t) => {
      const { client, server } = await startShadow(t, hi, { serverTls: pair(name), tls });
      const response = await client.send(sampleDuplicate(), noSignal());
      assert.deepEqual(
        [response.kind, 'errorType' in response && response.errorType],
        ['shadow_connect', errorType],
      );
      assert.equal(server.requests.length, 0);
    });
  }

  it('a client certificate is shown to a server that asks for one', async (t) => {
    const tls = { ...ca, certFile: `${directory}client.pem`, keyFile: `${directory}client.key` };
    const { client } = await startShadow(t, hi, { serverTls: mutual, tls });
    answered(await client.send(sampleDuplicate(), noSignal()));
  });

  it('without a client certificate such a server gets no request', async (t) => {
    const { client, server } = await startShadow(t, hi, { serverTls: mutual, tls: ca });
    const response = await client.send(sampleDuplicate(), noSignal());
    assert.ok(response.kind === 'shadow_reset' || response.kind === 'shadow_connect');
    assert.equal(server.requests.length, 0);
  });

  it('HTTP/2 is not offered', async (t) => {
    const { client, server } = await startShadow(t, hi, {
      serverTls: { ...pair('server'), ALPNProtocols: ['h2'] },
      tls: ca,
    });
    assert.equal((await client.send(sampleDuplicate(), noSignal())).kind, 'shadow_connect');
    assert.equal(server.requests.length, 0);
  });

  it('a file that cannot be used is said at once, with its key of the configuration', async (t) => {
    await assert.rejects(
      startShadow(t, hi, {
        url: 'https://127.0.0.1:1',
        target: 'control',
        tls: { caFile: '/no/such/ca.pem' },
      }),
      {
        code: 'unreadable_file',
        message: /^control\.tls\.caFile: cannot read \/no\/such\/ca\.pem/,
      },
    );
  });
});
