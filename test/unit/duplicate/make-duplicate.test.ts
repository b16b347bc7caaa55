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
import { sampleHead, sampleRequest, sampleTrace } from './sample-duplicate.ts';

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

describe('the live authority as Host', () => {
  const usable = [
    'shop.example',
    'SHOP.example:8443',
    'localhost:1',
    '10.0.0.1',
    '[::1]',
    '[fe80::1]:80',
    'under_score.example',
    'a'.repeat(253),
    'xn--bcher-kva.example.',
  ];
  const unusable = [
    '',
    'a@b',
    'user:pass@shop.example',
    'a b',
    ' shop.example',
    'shop.example/',
    'shop.example/x',
    'shop.example?x',
    'shop.example#x',
    'shop.example\\x',
    'shop.example:',
    'shop.example:80:80',
    'shop.example:123456',
    'shop.example:8a',
    '::1',
    '[::1',
    '[::1]x',
    '[shop.example]',
    'shop.example\0',
    'shop.example\r\nx: y',
    'shop.example,evil.example',
    'bücher.example',
    '%2f.example',
    'a'.repeat(8192),
  ];
  for (const authority of usable) {
    it(`may be ${authority.slice(0, 30)}`, () => {
      assert.ok(made(make({ authority }, { host: 'preserve' })));
    });
  }
  for (const authority of unusable) {
    it(`may not be ${JSON.stringify(authority.slice(0, 30))}`, () => {
      assert.deepEqual(make({ authority }, { host: 'preserve' }), invalid);
    });
  }
  it('does not matter when Host is the shadow’s own', () => {
    for (const authority of unusable) assert.ok(made(make({ authority })));
  });
});
