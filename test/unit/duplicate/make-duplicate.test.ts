import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import type { Duplicate } from '../../../src/duplicate/duplicate.ts';
import { compileHeaderPolicy } from '../../../src/duplicate/header-policy.ts';
import {
  makeDuplicate,
  type DuplicateResult,
  type DuplicateSettings,
  type DuplicateSource,
} from '../../../src/duplicate/make-duplicate.ts';
import type { Request } from '../../../src/exchange/request.ts';
import { answering } from '../../kit/rude-server.ts';
import { noSignal, startShadow } from '../shadow/start-shadow.ts';
import { bodyOf, sampleHead, sampleRequest, sampleTrace } from './sample-duplicate.ts';

function make(
  request: Partial<Request>,
  settings: Partial<DuplicateSettings> = {},
  source: Partial<DuplicateSource> = {},
): DuplicateResult {
  return makeDuplicate(
    {
      head: sampleHead,
      request: sampleRequest(request),
      trace: sampleTrace,
      target: 'shadow',
      ...source,
    },
    {
      instance: 'a1b2',
      host: 'shadow',
      policy: compileHeaderPolicy({
        grant: [],
        allowPlainHttp: false,
        targetIsPrivate: true,
        hmacKey: '',
      }),
      ...settings,
    },
  );
}

function made(result: DuplicateResult): Duplicate {
  assert.ok(result.kind === 'made', result.kind);
  return result.duplicate;
}

const invalid = { kind: 'refused', outcome: 'header_invalid' };

describe('a duplicate', () => {
  it('carries what the policy lets through, and then what says that it is one', () => {
    const headers = HeaderList.fromPairs([
      ['accept', '*/*'],
      ['x-request-id', 'forged'],
      ['baggage', 'user=1'],
    ]);
    const duplicate = made(make({ headers, id: 'r-1' }));
    assert.deepEqual(
      [...duplicate.headers],
      [
        ['accept', '*/*'],
        ['x-twinspan-shadow', 'a1b2;1'],
        ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-00'],
        ['baggage', 'twinspan.deployment.mode=shadow'],
        ['x-request-id', 'r-1'],
      ],
    );
    assert.equal(duplicate.degraded, false);
  });

  it('tells a control that it is one, a sampled trace that it is sampled, and passes tracestate on', () => {
    const trace = { ...sampleTrace, sampled: true, tracestate: 'vendor=1' };
    const { headers, target } = made(make({}, {}, { target: 'control', trace }));
    assert.equal(target, 'control');
    assert.equal(headers.get('baggage'), 'twinspan.deployment.mode=control');
    assert.match(headers.get('traceparent')!, /-01$/);
    assert.equal(headers.get('tracestate'), 'vendor=1');
  });

  it('has no request id when live had none', () => {
    assert.equal(made(make({ id: '' })).headers.has('x-request-id'), false);
  });

  it('never carries an id or a tracestate that is no header value', () => {
    const trace = { ...sampleTrace, tracestate: 'a=1\r\nx: y' };
    const duplicate = made(make({ id: 'r\r\n1' }, {}, { trace }));
    assert.equal(duplicate.headers.has('x-request-id'), false);
    assert.equal(duplicate.headers.has('tracestate'), false);
    assert.equal(duplicate.degraded, true);
  });

  it('is degraded when a header had to be left out, or trailers cannot be sent', () => {
    const broken = HeaderList.fromPairs([['x-a', 'a\0b']]);
    assert.equal(made(make({ headers: broken })).degraded, true);
    const trailers = HeaderList.fromPairs([['x-sum', '1']]);
    assert.equal(made(make({ trailers })).degraded, true);
  });

  it('is frozen and holds its sources', () => {
    const request = sampleRequest();
    const duplicate = made(make({}, {}, { request }));
    assert.ok(Object.isFrozen(duplicate));
    assert.equal(duplicate.request, request);
    assert.equal(duplicate.head, sampleHead);
    assert.equal(duplicate.trace, sampleTrace);
  });
});

describe('a request that cannot be sent again as it was', () => {
  for (const method of ['', 'GET / HTTP/1.1\r\nX: y', 'G T', 'GET\0', 'GÉT', 'GET:', 'CONNECT']) {
    it(`is refused for its method ${JSON.stringify(method)}`, () => {
      assert.deepEqual(make({ method }), invalid);
    });
  }

  for (const path of [
    '',
    '*',
    'x',
    '?a',
    'http://evil.example/',
    '/a b',
    '/a\tb',
    '/a\r\nx: y',
    '/a\0',
    '/a\x7f',
    '/a#b',
    '/\u0100',
  ]) {
    it(`is refused for its path ${JSON.stringify(path)}`, () => {
      assert.deepEqual(make({ path }), invalid);
    });
  }

  it('is refused when its body asks for another method', () => {
    const headers = HeaderList.fromPairs([['content-type', 'application/x-www-form-urlencoded']]);
    const body = bodyOf('name=a&_method=DELETE');
    assert.deepEqual(make({ method: 'POST', headers, body }), {
      kind: 'refused',
      outcome: 'side_effect_guard',
    });
    assert.ok(made(make({ method: 'POST', headers, body: bodyOf('name=_method') })));
  });

  it('is refused when its body was not kept', () => {
    assert.deepEqual(make({ body: { length: 5 } }), {
      kind: 'refused',
      outcome: 'body_too_large',
    });
  });
});

describe('a request that can be sent again', () => {
  for (const method of ['GET', 'get', 'PROPFIND', "a!#$%&'*+-.^_`|~0"]) {
    it(`may have the method ${method}`, () => assert.ok(made(make({ method }))));
  }
  for (const path of [
    '/',
    '//evil.example',
    '/\\x',
    '/%2e%2e/',
    '/?a=%00&b="<>',
    '/\x80\xff',
    '/*',
  ]) {
    it(`may have the path ${JSON.stringify(path)}`, () => assert.ok(made(make({ path }))));
  }
});

/** Authorities that may be sent as `Host`. Some name places that no customer may send a request to. */
const usable = [
  'shop.example',
  'SHOP.example:8443',
  'localhost:1',
  '10.0.0.1',
  '169.254.169.254:80',
  '[::1]',
  '[fe80::1]:80',
  '[::ffff:169.254.169.254]:80',
  '2130706433',
  '0x7f000001',
  '127.1',
  'under_score.example',
  'shop.example:0',
  'a'.repeat(253),
  'xn--bcher-kva.example.',
  'shop.example.',
  '.',
];
const unusable = [
  '',
  'a@b',
  '@evil.example',
  'user:pass@shop.example',
  'shop.example:80@evil.example',
  'shop.example%40evil.example',
  'a b',
  ' shop.example',
  'shop.example ',
  'shop.example/',
  'shop.example/x',
  '//evil.example',
  'http://evil.example',
  'shop.example?x',
  'shop.example#x',
  'shop.example\\x',
  'evil.example\\@shop.example',
  'shop.example:',
  ':80',
  'shop.example:80:80',
  'shop.example:123456',
  'shop.example:8a',
  'shop.example:+80',
  'shop.example:-1',
  '::1',
  '[::1',
  '[::1]x',
  '[::1]:',
  '[]',
  '[fe80::1%eth0]',
  '[fe80::1%25eth0]:80',
  '[v1.fe80::a]',
  '[shop.example]',
  'shop.example\0',
  'shop.example\t',
  'shop\t.example',
  'shop.example\x7f',
  'shop.example\n',
  'shop.example\r\nx: y',
  'shop.example,evil.example',
  'shop.example, evil.example',
  'shop.example;evil.example',
  '*.example',
  'bücher.example',
  'b\xc3\xbccher.example',
  '\x80\xff',
  'shop\xad.example',
  '%2f.example',
  'shop%2eexample',
  'a.'.repeat(130),
  '1'.repeat(60_000),
];

/** The line and the Host of a request that was received. */
function lineAndHost(request: Buffer | undefined): (string | undefined)[] {
  const text = request?.toString('latin1') ?? '';
  return [
    /^.*(?=\r\n)/.exec(text)?.[0],
    ...[...text.matchAll(/^host: (.*)\r$/gim)].map(([, host]) => host),
  ];
}

describe('whatever the live authority, the origin is that of the configuration', () => {
  const ok = answering('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  const line = 'GET //evil.example/x HTTP/1.1';
  const path = '//evil.example/x';

  for (const authority of [...usable, ...unusable]) {
    it(`which is its Host as well: ${JSON.stringify(authority.slice(0, 30))}`, async (t) => {
      const { client, server } = await startShadow(t, ok);
      const duplicate = made(make({ authority, path }));
      assert.equal(duplicate.headers.has('host'), false);
      const response = await client.send(duplicate, noSignal());
      assert.equal(response.kind, 'answered');
      assert.deepEqual(server.requests.map(lineAndHost), [[line, `127.0.0.1:${server.port}`]]);
    });
  }

  for (const authority of usable) {
    it(`also when it is preserved as Host: ${authority.slice(0, 30)}`, async (t) => {
      const { client, server } = await startShadow(t, ok, { host: 'preserve' });
      const duplicate = made(make({ authority, path }, { host: 'preserve' }));
      const response = await client.send(duplicate, noSignal());
      assert.equal(response.kind, 'answered');
      assert.deepEqual(server.requests.map(lineAndHost), [[line, authority]]);
    });
  }

  for (const authority of unusable) {
    it(`and nothing is sent that would preserve ${JSON.stringify(authority.slice(0, 30))}`, () => {
      assert.deepEqual(make({ authority, path }, { host: 'preserve' }), invalid);
    });
  }
});
