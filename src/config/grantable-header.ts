/**
 * Which header names `headers.grant` may name. Replaying what a proxy says about its client would give the
 * shadow privileges by header, and what belongs to one connection or one trace has no meaning on another: no
 * grant opens those.
 */
import { problemOf, valueOf, type Reading } from './reading.ts';
import { readHeaderName } from './syntax.ts';

/** A name that ends in `*` stands for everything that begins so. */
const identityHeaders = [
  'forwarded',
  'x-forwarded*',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'cf-access-*',
  'x-envoy-*',
  'x-amzn-oidc-*',
  'x-goog-iap-*',
  'x-goog-authenticated-user-*',
  'x-ms-client-principal*',
  'x-ms-token-*',
  'x-auth-request-*',
  'x-remote-user',
  'x-spiffe-*',
  'x-ssl-client-*',
  'x-client-cert*',
  // RFC 9440.
  'client-cert',
  'client-cert-chain',
];

/** Hop by hop (RFC 9110, section 7.6.1), framing, and trace context, which is drawn afresh. */
const replacedHeaders = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'expect',
  'host',
  'traceparent',
  'tracestate',
  'b3',
  'x-b3-*',
  'baggage',
  'x-request-id',
  'x-twinspan-*',
];

/** The name in lower case. */
export function readGrantableHeader(text: string): Reading<string> {
  const reading = readHeaderName(text);
  if (reading.kind === 'problem') return reading;
  const name = reading.value;
  if (matches(name, identityHeaders)) {
    return problemOf(
      `must not name ${name}: it says who the client is, and no grant opens such headers to the shadow`,
    );
  }
  if (name === 'idempotency-key') {
    return problemOf('must not name idempotency-key: set headers.idempotencyKey to hmac instead');
  }
  if (matches(name, replacedHeaders)) {
    return problemOf(`must not name ${name}: the shadow request has its own, or none`);
  }
  return valueOf(name);
}

function matches(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
}
