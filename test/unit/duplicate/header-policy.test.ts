import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import {
  compileHeaderPolicy,
  type HeaderPolicyOptions,
} from '../../../src/duplicate/header-policy.ts';

function permitted(
  pairs: [string, string][],
  over: Partial<HeaderPolicyOptions> = {},
): { sent: [string, string][]; degraded: boolean } {
  const policy = compileHeaderPolicy({
    grant: [],
    allowPlainHttp: false,
    targetIsPrivate: true,
    hmacKey: 'key of this process',
    ...over,
  });
  // Not `fromPairs`, which would put names in lower case.
  const { headers, degraded } = policy(new HeaderList(pairs.flat()));
  return { sent: [...headers], degraded };
}

/** Which of the names leave, each sent alone. */
function leaving(names: readonly string[], over: Partial<HeaderPolicyOptions> = {}): string[] {
  return names.filter((name) => permitted([[name, 'v']], over).sent.length > 0);
}

const dashed = (name: string): string => name.replaceAll('_', '-');

const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];
const ofTheMessage = [
  ':method',
  ':path',
  ':authority',
  ':scheme',
  'host',
  'content-length',
  'expect',
];
const trace = ['traceparent', 'tracestate', 'b3', 'x-b3-traceid', 'x-b3-sampled', 'baggage'];
const identity = [
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-user',
  'x-forwarded-client-cert',
  'forwarded',
  'x-real-ip',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'cf-access-jwt-assertion',
  'x-envoy-external-address',
  'x-envoy-attempt-count',
  'x-amzn-oidc-data',
  'x-amzn-oidc-accesstoken',
  'x-goog-iap-jwt-assertion',
  'x-goog-authenticated-user-email',
  'x-ms-client-principal',
  'x-ms-client-principal-id',
  'x-ms-token-aad-id-token',
  'x-auth-request-email',
  'x-remote-user',
  'x-client-cert',
  'x-client-cert-dn',
  'x-ssl-client-verify',
  'x-spiffe-id',
  'client-cert',
  'client-cert-chain',
  'x-original-forwarded-for',
  'x-vercel-forwarded-for',
  'fastly-client-ip',
  'fly-client-ip',
  'client-ip',
  'x-azure-clientip',
  'do-connecting-ip',
  'x-appengine-user-ip',
  'cloudfront-viewer-address',
  'remote-addr',
  'remote-user',
  'remote-groups',
  'x-remote-group',
  'x-remote-extra-scopes',
  'impersonate-user',
  'x-auth-user',
  'x-webauth-user',
  'x-authenticated-userid',
  'x-consumer-username',
  'x-userinfo',
  'x-jwt-payload',
  'x-jwt-assertion',
  'x-jwt-claim-sub',
  'x-pomerium-claim-email',
  'tailscale-user-login',
  'l5d-client-id',
  'ssl-client-cert',
  'x-arr-clientcert',
  'x-amzn-mtls-clientcert',
  'OIDC_CLAIM_sub',
];
const credentials = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'api-key',
  'apikey',
  'x-apikey',
  'x-auth-token',
  'x_auth_token',
  'x-csrf-token',
  'token',
  'x-session-id',
  'session',
  'x-amz-security-token',
  'x-amz-credential',
  'x-client-secret',
  'x-secret-key',
  'x-user-password',
  'x-passwd',
  'x-access-key-id',
  'x-private-key',
  'x-key-api',
  'authentication',
  'x-authorization',
  'x-serverless-authorization',
  'x-auth',
  'x-authtoken',
  'x-sessiontoken',
  'sessionid',
  'phpsessid',
  'x-csrf',
  'x-jwt',
  'x-github-otp',
  'dpop',
  'x-credentials',
  'ok-access-passphrase',
  'x-auth-key',
  'ocp-apim-subscription-key',
  'x-functions-key',
  'x-rapidapi-key',
  'x-amz-server-side-encryption-customer-key',
];
const ordinary = [
  'accept',
  'accept-encoding',
  'content-type',
  'content-encoding',
  'user-agent',
  'if-none-match',
  'range',
  'x-tokenizer-count',
  'x-sessions',
  'x-secretary',
  'x-key',
  'x-partition-key',
  'x-apikeys',
  'x-tokens',
  'x-prompt-tokens',
  'x-tokenized',
  'x-server-ip',
  'x-original-url',
  'x-auth-method',
  'x-author',
  'x-remoteness',
  'x_tenant',
  'x.tenant',
  'x-tenant',
  'x-user-id',
  'authorization-note',
  '__proto__',
  'constructor',
  'tostring',
];

describe('headers that never leave', () => {
  for (const [what, names] of [
    ['of one connection', hopByHop],
    ['of this one message', ofTheMessage],
    ["of the customer's trace", trace],
    ['that say who the customer is', identity],
    ['that are added anew', ['x-request-id', 'x-twinspan-shadow']],
  ] as const) {
    it(`are those ${what}, and no grant opens them`, () => {
      assert.deepEqual(leaving(names), []);
      assert.deepEqual(leaving(names, { grant: names, allowPlainHttp: true }), []);
    });
  }

  it('are not degrading: leaving them out is the rule', () => {
    const names = [...hopByHop, ...ofTheMessage, ...trace, ...identity, ...credentials];
    assert.equal(permitted(names.map((name) => [name, '\0'])).degraded, false);
  });

  it('are those that Connection names too, in any case and place', () => {
    const { sent } = permitted([
      ['x-foo', '1'],
      ['connection', 'close, X-Foo'],
      ['x-bar', '2'],
      ['x-kept', '3'],
      ['connection', ' x-bar ,,x-foo'],
      ['x-foo', '4'],
    ]);
    assert.deepEqual(sent, [['x-kept', '3']]);
  });

  it('are the same when their names come in upper case', () => {
    const names = [...hopByHop, ...ofTheMessage, ...trace, ...identity, ...credentials];
    assert.deepEqual(leaving(names.map((name) => name.toUpperCase())), []);
  });

  it('are the same with any other mark that servers read as a dash', () => {
    const names = [...hopByHop, ...ofTheMessage, ...trace, ...identity, ...credentials];
    for (const mark of ['_', '.', '~', '+']) {
      const spelt = names.map((name) => name.replaceAll(/[-_]/g, mark));
      assert.deepEqual(leaving([...spelt, `x${mark}twinspan${mark}shadow`]), []);
      assert.deepEqual(leaving([`if${mark}none${mark}match`], { stripConditions: true }), []);
    }
  });

  it('are those that Connection names, with either mark', () => {
    const { sent } = permitted([
      ['connection', 'x-foo, x_bar'],
      ['x_foo', '1'],
      ['x-bar', '2'],
      ['x_kept', '3'],
    ]);
    assert.deepEqual(sent, [['x_kept', '3']]);
  });
});

describe('credentials', () => {
  it('leave by grant alone', () => {
    assert.deepEqual(leaving(credentials), []);
    for (const name of credentials) {
      const alike = credentials.filter((other) => dashed(other) === dashed(name));
      assert.deepEqual(leaving(credentials, { grant: [name] }), alike);
    }
  });

  it('are granted in any case', () => {
    assert.deepEqual(leaving(['authorization'], { grant: ['Authorization'] }), ['authorization']);
  });

  it('leave over TLS or to this machine alone, unless plain HTTP is allowed', () => {
    const grant = credentials;
    assert.deepEqual(leaving(credentials, { grant, targetIsPrivate: false }), []);
    assert.deepEqual(
      leaving(credentials, { grant, targetIsPrivate: false, allowPlainHttp: true }),
      credentials,
    );
  });

  it('are told by whole parts of a name: what only looks like one is copied', () => {
    assert.deepEqual(leaving(ordinary), ordinary);
    assert.deepEqual(leaving(ordinary, { targetIsPrivate: false }), ordinary);
  });
});

describe('headers that leave', () => {
  it('keep their order, their duplicates and their bytes', () => {
    const pairs: [string, string][] = [
      ['x-b', '1'],
      ['accept', '*/*'],
      ['x-b', '\t\x20~\x80\xff'],
      ['x-b', ''],
    ];
    assert.deepEqual(permitted(pairs), { sent: pairs, degraded: false });
  });

  it('have their cookie crumbs joined where the first stood', () => {
    const { sent } = permitted(
      [
        ['a', '1'],
        ['cookie', 'x=1'],
        ['b', '2'],
        ['cookie', 'y=2'],
        ['cookie', 'z=3'],
      ],
      { grant: ['cookie'] },
    );
    assert.deepEqual(sent, [
      ['a', '1'],
      ['cookie', 'x=1; y=2; z=3'],
      ['b', '2'],
    ]);
  });

  for (const value of ['a\0b', 'a\rb', 'a\nb', 'a\x7fb', '\x1b[2J', 'a\u0100']) {
    it(`have valid values: ${JSON.stringify(value)} is left out and degrades`, () => {
      for (const name of ['x-a', 'cookie', 'idempotency-key']) {
        const over = { grant: ['cookie'], idempotencyKey: 'hmac' } as const;
        assert.deepEqual(
          permitted(
            [
              [name, value],
              ['x-b', '1'],
            ],
            over,
          ),
          {
            sent: [['x-b', '1']],
            degraded: true,
          },
        );
      }
    });
  }

  for (const name of ['', 'a b', 'a:b', 'a\r\nb', 'ä', 'a(b)', 'a/b', 'x-a\0']) {
    it(`have valid names: ${JSON.stringify(name)} is left out and degrades`, () => {
      assert.deepEqual(permitted([[name, 'v']]), { sent: [], degraded: true });
    });
  }
});

describe('idempotency keys', () => {
  it('stay', () => {
    assert.deepEqual(leaving(['idempotency-key']), []);
    for (const name of [
      'idempotency-key',
      'idempotency_key',
      'x-idempotency-key',
      'idempotencykey',
    ]) {
      assert.deepEqual(leaving([name], { grant: [name] }), [], name);
    }
  });

  it('with hmac leave as another key, the same for the same, quoted as it was', () => {
    const rewrite = (value: string): string | undefined =>
      permitted([['idempotency-key', value]], { idempotencyKey: 'hmac' }).sent[0]?.[1];
    const expected = createHmac('sha256', 'key of this process').update('k-1').digest('hex');
    assert.equal(rewrite('k-1'), expected);
    assert.equal(rewrite('k-1'), rewrite('k-1'));
    assert.notEqual(rewrite('k-2'), expected);
    assert.match(rewrite('"k-1"')!, /^"[0-9a-f]{64}"$/);
    const { sent } = permitted([['x_idempotency_key', 'k-1']], { idempotencyKey: 'hmac' });
    assert.deepEqual(sent, [['x_idempotency_key', expected]]);
  });
});

describe('a policy', () => {
  it('decides alike after more names than it remembers', () => {
    const policy = compileHeaderPolicy({
      grant: [],
      allowPlainHttp: false,
      targetIsPrivate: true,
      hmacKey: '',
    });
    for (let count = 0; count < 3000; count += 1) {
      const headers = HeaderList.fromPairs([
        [`x-${count}`, 'v'],
        [`x-${count}-token`, 'v'],
        ['x-forwarded-for', 'v'],
      ]);
      assert.deepEqual([...policy(headers).headers], [[`x-${count}`, 'v']]);
    }
  });
});

describe('conditions and ranges', () => {
  const names = [
    'if-match',
    'if-none-match',
    'if-modified-since',
    'if-unmodified-since',
    'if-range',
    'range',
  ];

  it('are copied like any other header', () => {
    assert.deepEqual(leaving(names), names);
  });

  it('stay behind where the route says so, so that the shadow answers whole', () => {
    assert.deepEqual(leaving(names, { stripConditions: true }), []);
  });
});
