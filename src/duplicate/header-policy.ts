/**
 * Which live headers the duplicate may carry. Copied is everything except what belongs to one connection
 * (RFC 9110 section 7.6.1), what the client writes itself, what would join the shadow to the customer's
 * trace, what says who the customer is, and credentials that no grant opens. The rules are compiled once a
 * route and target; a request costs one pass and one lookup a header.
 */
import { createHmac } from 'node:crypto';

import { HeaderList } from '../base/header-list.ts';

export interface HeaderPolicyOptions {
  /** Names of credentials that the route grants to the target. Identity headers stay closed all the same. */
  readonly grant: readonly string[];
  /** `hmac` sends `idempotency-key` rewritten with `hmacKey`; absent, it is not sent. */
  readonly idempotencyKey?: 'hmac';
  /** Sends granted credentials also over plain HTTP to another machine. */
  readonly allowPlainHttp: boolean;
  /** The target is reached over TLS or is this machine. */
  readonly targetIsPrivate: boolean;
  /** Conditions and ranges stay behind, so that the shadow always answers whole (`compare.conditional: strip`). */
  readonly stripConditions?: boolean;
  /** Drawn at start and never written down, so that the shadow's keys cannot meet the live ones. */
  readonly hmacKey: string | Uint8Array;
}

export interface PermittedHeaders {
  /** In the order of the live request, cookie crumbs joined. */
  readonly headers: HeaderList;
  /** A header that should have gone out is no valid HTTP header and was left out. */
  readonly degraded: boolean;
}

export type HeaderPolicy = (headers: HeaderList) => PermittedHeaders;

type Rule = 'copy' | 'drop' | 'connection' | 'cookie' | 'idempotency_key' | 'not_a_token';

/** Names come from clients: beyond this many, or when longer, a decision is made anew each time. */
const maxCachedNames = 1024;
const maxCachedNameLength = 100;

/** RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** Anything but field-vchar, obs-text, SP and HTAB (RFC 9110 section 5.5). */
const invalidInValue = /[^\t\x20-\x7e\x80-\xff]/;

const neverCopied = new Set([
  // One connection only (RFC 9110 section 7.6.1, RFC 9113 section 8.2.2); `proxy-*` is below.
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  // Written by the client, from the body and the target that it really has.
  'content-length',
  'host',
  // Asks for an interim answer that a finished body has no use for.
  'expect',
  // The customer's trace; the shadow gets a context of its own.
  'traceparent',
  'tracestate',
  'b3',
  'baggage',
  // Added anew to every duplicate.
  'x-request-id',
  'x-twinspan-shadow',
]);

/** Who the customer is, as a proxy or an identity-aware gateway vouches for it: authority by header. */
const identityNames = new Set([
  'forwarded',
  'x-real-ip',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'x-remote-user',
  // RFC 9440.
  'client-cert',
  'client-cert-chain',
]);
const neverCopiedPrefixes = [
  ':',
  'x-b3-',
  'x-forwarded',
  'x-envoy-',
  'x-amzn-oidc-',
  'x-goog-iap-',
  'x-goog-authenticated-user-',
  'x-ms-client-principal',
  'x-ms-token-',
  'x-auth-request-',
  'cf-access-',
  'x-client-cert',
  'x-ssl-client-',
  'x-spiffe-',
];

const credentialNames = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-api-key']);
const credentialParts = new Set([
  'token',
  'secret',
  'password',
  'passwd',
  'session',
  'apikey',
  'credential',
]);
const partsBesideKey = new Set(['api', 'access', 'private', 'secret']);

/** RFC 9110 sections 13.1 and 14.2. */
const conditions = new Set([
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
]);

/** Compiles the rules for one route and one target. */
export function compileHeaderPolicy(options: HeaderPolicyOptions): HeaderPolicy {
  const credentialsMayLeave = options.targetIsPrivate || options.allowPlainHttp;
  const granted = new Set(
    credentialsMayLeave ? options.grant.map((name) => name.toLowerCase()) : [],
  );
  const rules = new Map<string, Rule>();

  const ruleOf = (name: string): Rule => {
    const known = rules.get(name);
    if (known !== undefined) return known;
    const rule = decide(name.toLowerCase(), granted, options);
    if (rules.size < maxCachedNames && name.length <= maxCachedNameLength) rules.set(name, rule);
    return rule;
  };

  return ({ flat }) => {
    const kept: string[] = [];
    let degraded = false;
    let cookieAt = -1;
    let connectionOptions: string[] | undefined;
    for (let index = 0; index < flat.length; index += 2) {
      const name = flat[index]!;
      const value = flat[index + 1]!;
      const rule = ruleOf(name);
      if (rule === 'drop') continue;
      if (rule === 'connection') {
        connectionOptions = [...(connectionOptions ?? []), ...value.toLowerCase().split(',')];
      } else if (rule === 'not_a_token' || invalidInValue.test(value)) {
        degraded = true;
      } else if (rule === 'copy') {
        kept.push(name, value);
      } else if (rule === 'idempotency_key') {
        kept.push(name, rewriteKey(value, options.hmacKey));
      } else if (cookieAt === -1) {
        cookieAt = kept.push(name, value) - 1;
      } else {
        // HTTP/2 may split a cookie into crumbs, HTTP/1.1 has one header (RFC 9113 section 8.2.3).
        kept[cookieAt] = `${kept[cookieAt]}; ${value}`;
      }
    }
    const headers = connectionOptions === undefined ? kept : without(kept, connectionOptions);
    return { headers: new HeaderList(headers), degraded };
  };
}

function decide(
  name: string,
  granted: ReadonlySet<string>,
  { idempotencyKey, stripConditions }: HeaderPolicyOptions,
): Rule {
  if (name === 'connection') return 'connection';
  if (stripConditions === true && conditions.has(name)) return 'drop';
  if (neverCopied.has(name) || identityNames.has(name)) return 'drop';
  if (neverCopiedPrefixes.some((prefix) => name.startsWith(prefix))) return 'drop';
  if (name.startsWith('proxy-') && name !== 'proxy-authorization') return 'drop';
  if (name === 'idempotency-key') return idempotencyKey === 'hmac' ? 'idempotency_key' : 'drop';
  if (isCredential(name) && !granted.has(name)) return 'drop';
  if (!token.test(name)) return 'not_a_token';
  return name === 'cookie' ? 'cookie' : 'copy';
}

/** By whole parts, so that `x-tokenizer-count` is copied and `x-csrf-token` is not. */
function isCredential(name: string): boolean {
  if (credentialNames.has(name)) return true;
  const parts = name.split(/[-_]/);
  return parts.some((part, index) => {
    if (credentialParts.has(part)) return true;
    if (part !== 'key') return false;
    return partsBesideKey.has(parts[index - 1] ?? '') || partsBesideKey.has(parts[index + 1] ?? '');
  });
}

/** Equal keys stay equal and new to any provider; a quoted key (a structured field) stays quoted. */
function rewriteKey(value: string, hmacKey: string | Uint8Array): string {
  const rewritten = createHmac('sha256', hmacKey).update(value, 'latin1').digest('hex');
  return value.startsWith('"') ? `"${rewritten}"` : rewritten;
}

/** `kept` without the headers that `Connection` names. */
function without(kept: readonly string[], connectionOptions: readonly string[]): string[] {
  const named = new Set(connectionOptions.map((option) => option.trim()));
  return kept.filter((_, index) => !named.has(kept[index - (index % 2)]!.toLowerCase()));
}
