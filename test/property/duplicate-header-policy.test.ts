import assert from 'node:assert/strict';
import { it } from 'node:test';

import * as fc from 'fast-check';

import { HeaderList } from '../../src/base/header-list.ts';
import { compileHeaderPolicy } from '../../src/duplicate/header-policy.ts';

const neverNames = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'host',
  'expect',
  'traceparent',
  'tracestate',
  'b3',
  'baggage',
  'x-b3-spanid',
  'x-request-id',
  'x-twinspan-shadow',
  'idempotency-key',
  'forwarded',
  'x-real-ip',
  'x-forwarded-for',
  'x-envoy-internal',
  ':path',
];
const credentialNames = ['authorization', 'cookie', 'x-api-key', 'x-csrf-token', 'session-id'];
const ordinaryNames = ['accept', 'x-tenant', '__proto__', 'constructor', 'x-tokens', 'x-a'];

const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

const anyByte = fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte));
const anyBytes = fc.string({ unit: anyByte, maxLength: 12 });
const name = fc.oneof(
  fc.constantFrom(...neverNames, ...credentialNames, ...ordinaryNames),
  anyBytes,
  fc
    .tuple(anyBytes, fc.constantFrom('token', 'secret', 'password'))
    .map((parts) => parts.join('-')),
);
const value = fc.oneof(
  fc.string({ maxLength: 12 }),
  anyBytes,
  fc.constantFrom('close, x-a', 'x-tenant'),
);
const headerPairs = fc.array(fc.tuple(name, value), { maxLength: 25 });
const grants = fc.subarray([...neverNames, ...credentialNames, ...ordinaryNames]);

/** What may leave by the letter of the rules, said in another way than the policy does. */
function mayLeave(header: string, granted: readonly string[]): boolean {
  const lower = header.toLowerCase();
  if (neverNames.includes(lower) || /^(?::|x-b3-|x-forwarded|x-envoy-|x-ms-token-)/.test(lower)) {
    return false;
  }
  const isCredential =
    credentialNames.includes(lower) ||
    /(?:^|[-_])(?:token|secret|password|session)(?:[-_]|$)/.test(lower);
  return !isCredential || granted.includes(lower);
}

function connectionOptions(pairs: readonly (readonly [string, string])[]): string[] {
  return pairs
    .filter(([header]) => header === 'connection')
    .flatMap(([, options]) => options.toLowerCase().split(','))
    .map((option) => option.trim());
}

it('whatever the live headers and grants, nothing outside the policy leaves', () => {
  fc.assert(
    fc.property(headerPairs, grants, fc.boolean(), (pairs, grant, targetIsPrivate) => {
      const policy = compileHeaderPolicy({
        grant,
        targetIsPrivate,
        allowPlainHttp: false,
        hmacKey: '',
      });
      const { headers } = policy(new HeaderList(pairs.flat()));
      const named = connectionOptions(pairs);
      for (const [header, sent] of headers) {
        assert.ok(mayLeave(header, targetIsPrivate ? grant : []), `${header} left`);
        assert.match(header.toLowerCase(), token);
        assert.match(sent, fieldValue);
        assert.ok(!named.includes(header.toLowerCase()), `${header} is named by Connection`);
      }
    }),
    { numRuns: 500 },
  );
});

it('whatever the live headers, what may leave does, with its value, in order, as often as it came', () => {
  fc.assert(
    fc.property(headerPairs, grants, (pairs, grant) => {
      const policy = compileHeaderPolicy({
        grant,
        targetIsPrivate: true,
        allowPlainHttp: false,
        hmacKey: '',
      });
      const { headers, degraded } = policy(new HeaderList(pairs.flat()));
      const named = connectionOptions(pairs);
      const wanted = pairs.filter(([header]) => mayLeave(header, grant));
      const valid = wanted.filter(
        ([header, sent]) => token.test(header.toLowerCase()) && fieldValue.test(sent),
      );
      const expected = valid.filter(([header]) => !named.includes(header.toLowerCase()));
      const isCookie = ([header]: readonly [string, string]): boolean => header === 'cookie';
      assert.deepEqual(
        [...headers].filter((pair) => !isCookie(pair)),
        expected.filter((pair) => !isCookie(pair)),
      );
      const crumbs = expected.filter(isCookie).map(([, crumb]) => crumb);
      assert.deepEqual(headers.getAll('cookie'), crumbs.length > 0 ? [crumbs.join('; ')] : []);
      assert.equal(degraded, valid.length < wanted.length);
    }),
    { numRuns: 500 },
  );
});

it('a policy decides alike for the same headers, first or later, whatever came between', () => {
  const options = { grant: ['cookie'], targetIsPrivate: true, allowPlainHttp: false, hmacKey: '' };
  const used = compileHeaderPolicy(options);
  fc.assert(
    fc.property(headerPairs, (pairs) => {
      const list = new HeaderList(pairs.flat());
      assert.deepEqual(used(list), compileHeaderPolicy(options)(list));
    }),
    { numRuns: 300 },
  );
});
