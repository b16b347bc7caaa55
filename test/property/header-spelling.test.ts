import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { HeaderList } from '../../src/base/header-list.ts';
import { readGrantableHeader } from '../../src/config/grantable-header.ts';
import { compileHeaderPolicy } from '../../src/duplicate/header-policy.ts';
import { mayOverrideMethod } from '../../src/duplicate/form-override.ts';
import { compileSelect } from '../../src/exchange/select.ts';
import { bodyOf, sampleRequest } from '../unit/duplicate/sample-duplicate.ts';
import { routeSettings } from '../unit/exchange/live-events.ts';

const overrideNames = ['x-http-method-override', 'x-http-method', 'x-method-override'];
const loopNames = ['x-twinspan-shadow'];
const neverNames = [
  ...loopNames,
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'http2-settings',
  'proxy-connection',
  'x-b3-traceid',
  'x-request-id',
  'idempotency-key',
  'x-idempotency-key',
  'x-forwarded-for',
  'x-original-forwarded-for',
  'x-forwarded-client-cert',
  'x-real-ip',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'fastly-client-ip',
  'fly-client-ip',
  'cf-access-jwt-assertion',
  'x-envoy-external-address',
  'x-amzn-oidc-data',
  'x-goog-iap-jwt-assertion',
  'x-goog-authenticated-user-email',
  'x-ms-client-principal',
  'x-ms-token-aad-id-token',
  'x-auth-request-email',
  'x-auth-user',
  'x-remote-user',
  'remote-user',
  'x-jwt-payload',
  'x-spiffe-id',
  'x-ssl-client-verify',
  'x-client-cert',
  'client-cert',
];
const credentialNames = [
  'proxy-authorization',
  'x-authorization',
  'x-api-key',
  'x-auth-token',
  'x-authtoken',
  'x-sessiontoken',
  'x-session-id',
  'x-client-secret',
  'x-user-password',
  'x-private-key',
];

const otherMarks = ['-', '_', '.', '~', '+'];

/** `name` in some case, each dash of it as one of the characters that servers take for one. */
function spellings(names: readonly string[], marks = otherMarks): fc.Arbitrary<[string, string]> {
  const choice = fc.array(fc.tuple(fc.boolean(), fc.nat(marks.length - 1)), {
    minLength: 40,
    maxLength: 40,
  });
  return fc.tuple(fc.constantFrom(...names), choice).map(([name, choices]) => {
    const spelt = name.split('').map((character, index) => {
      const [upper, mark] = choices[index]!;
      if (character === '-') return marks[mark]!;
      return upper ? character.toUpperCase() : character;
    });
    return [name, spelt.join('')];
  });
}

const around = fc.array(
  fc.constantFrom<[string, string]>(['accept', '*/*'], ['x_tenant', 'gold'], ['x-list', '1']),
  { maxLength: 4 },
);
const select = compileSelect(
  { routes: [routeSettings()], canaryClusters: new Set() },
  { paused: () => false, wallNow: () => 0, pressure: () => undefined },
);

function selectionOf(headers: readonly (readonly [string, string])[]): string {
  const selection = select({
    method: 'GET',
    path: '/v1/predict',
    authority: 'shop.example',
    headers: HeaderList.fromPairs(headers),
    requestId: 'r-1',
    attributes: new Map(),
  });
  return selection.kind === 'follow' ? 'follow' : selection.outcome;
}

test('a method override or a mark of a shadow request is never followed, however its name is written', () => {
  fc.assert(
    fc.property(
      spellings([...overrideNames, ...loopNames]),
      around,
      around,
      ([name, spelt], left, right) => {
        assert.equal(selectionOf([...left, ...right]), 'follow');
        const outcome = loopNames.includes(name) ? 'loop_guard' : 'side_effect_guard';
        assert.equal(selectionOf([...left, [spelt, 'DELETE'], ...right]), outcome, spelt);
      },
    ),
    { numRuns: 2000 },
  );
});

test('a form with a method override is never sent, however the name of its field is written', () => {
  const field = spellings(overrideNames, ['-', '_', '.', '+', '%2d', '%5F']);
  fc.assert(
    fc.property(field, fc.boolean(), ([, spelt], isMultipart) => {
      const [type, body] = isMultipart
        ? [
            'multipart/form-data; boundary=b',
            `--b\r\nContent-Disposition: form-data; name="${spelt}"\r\n\r\nDELETE\r\n--b--\r\n`,
          ]
        : ['application/x-www-form-urlencoded', `a=1&${spelt}=DELETE`];
      const headers = HeaderList.fromPairs([['content-type', type]]);
      const request = sampleRequest({ method: 'POST', headers, body: bodyOf(body) });
      assert.equal(mayOverrideMethod(request), true, body);
    }),
    { numRuns: 1000 },
  );
});

test('nothing that never leaves does, and no grant opens it, however its name is written', () => {
  fc.assert(
    fc.property(
      spellings(neverNames),
      spellings(neverNames),
      around,
      ([, spelt], granted, left) => {
        const policy = compileHeaderPolicy({
          grant: [spelt, ...granted],
          targetIsPrivate: true,
          allowPlainHttp: true,
          hmacKey: '',
        });
        const { headers, degraded } = policy(new HeaderList([...left.flat(), spelt, 'secret']));
        assert.deepEqual([...headers], left, spelt);
        assert.equal(degraded, false);
        assert.equal(readGrantableHeader(spelt).kind, 'problem', spelt);
      },
    ),
    { numRuns: 3000 },
  );
});

test('a credential leaves exactly by a grant of its name, however both are written, and under its own', () => {
  fc.assert(
    fc.property(
      spellings(credentialNames),
      spellings(credentialNames),
      fc.boolean(),
      ([name, spelt], [grantedName, granted], targetIsPrivate) => {
        const reading = readGrantableHeader(granted);
        assert.equal(reading.kind, 'value', granted);
        const policy = compileHeaderPolicy({
          grant: reading.kind === 'value' ? [reading.value] : [],
          targetIsPrivate,
          allowPlainHttp: false,
          hmacKey: '',
        });
        const { headers } = policy(new HeaderList([spelt, 'secret']));
        const expected = targetIsPrivate && name === grantedName ? [[spelt, 'secret']] : [];
        assert.deepEqual([...headers], expected, `${spelt}, granted ${granted}`);
      },
    ),
    { numRuns: 3000 },
  );
});
