/**
 * What a request header is by its name: a part of the message, of the connection or of the trace, which the request to
 * the shadow has anew or not at all; a word of a proxy about its client; a credential; or none of these. One table for what
 * is copied and for what a grant may open. All names here are folded (`header-name.ts`), and a prefix ends where a
 * name may go on.
 */
import { foldedName } from './header-name.ts';

export type HeaderClass =
  /** Never copied: the request to the shadow has its own, or none. */
  | 'replaced'
  /** Never copied: says who the client is, and is authority where a service trusts its proxy. */
  | 'identity'
  /** Copied under another value, or not at all. */
  | 'idempotency_key'
  /** Copied by grant. */
  | 'credential'
  | 'ordinary';

/** Of a name in any case and spelling. */
export function headerClassOf(name: string): HeaderClass {
  if (name.startsWith(':')) return 'replaced';
  const folded = foldedName(name);
  if (isReplaced(folded)) return 'replaced';
  if (isIdentity(folded)) return 'identity';
  if (idempotencyKey.test(folded)) return 'idempotency_key';
  return isCredential(folded) ? 'credential' : 'ordinary';
}

const replacedNames = new Set([
  // One connection only (RFC 9110 section 7.6.1, RFC 9113 section 8.2.2); `proxy-*` is below.
  'connection',
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
  // The same of vendors: Jaeger, AWS, Google Cloud, SkyWalking, Sentry, gRPC's binary form; Datadog's are below.
  'uber-trace-id',
  'x-amzn-trace-id',
  'x-cloud-trace-context',
  'sw8',
  'sentry-trace',
  'grpc-trace-bin',
  // Added anew to every duplicate.
  'x-request-id',
]);
const replacedPrefixes = ['x-b3-', 'x-datadog-', 'uberctx-', 'x-twinspan-', 'proxy-'];

function isReplaced(name: string): boolean {
  if (replacedNames.has(name)) return true;
  return name !== 'proxy-authorization' && startsWithOne(name, replacedPrefixes);
}

/** The client's address, as one proxy or another calls it; the ends of the names below say most of them. */
const addressNames = [
  'forwarded',
  // RFC 3875, as some proxies write it into headers.
  'remote-addr',
  'remote-host',
  // Cloudflare, CloudFront, Azure Front Door.
  'cf-pseudo-ipv4',
  'cloudfront-viewer-address',
  'x-azure-socketip',
  // Netlify, Vercel.
  'x-nf-client-connection-ip',
  'x-vercel-proxied-for',
  'x-proxyuser-ip',
];
/**
 * `x-client-ip`, `true-client-ip` (Akamai, Cloudflare), `fastly-client-ip`, `fly-client-ip`, `x-cluster-client-ip`,
 * `x-azure-clientip`; `x-real-ip` (nginx); `cf-connecting-ip`, `do-connecting-ip`; `x-original-forwarded-for`
 * (ingress-nginx), `x-vercel-forwarded-for`.
 */
const addressEnding =
  /(?:^|-)(?:(?:client|real|remote|source|user|visitor|originating)-?ip|connecting-ip(?:v6)?|forwarded-for)$/;

/** The user, as a proxy that authenticates vouches for him. */
const userNames = [
  // `REMOTE_USER` of RFC 3875 as a header; Authelia writes the others as well.
  'remote-user',
  'remote-name',
  'remote-email',
  'remote-groups',
  'auth-user',
  'x-auth-user',
  'x-auth-username',
  'x-auth-email',
  'x-auth-groups',
  'x-auth-roles',
  // What HTTP authentication is to PHP.
  'php-auth-user',
  // APISIX and Kong with OpenID Connect, Google's endpoints, API gateway.
  'x-userinfo',
  'x-endpoint-api-userinfo',
  'x-apigateway-api-userinfo',
  // The payload of a JWT that Envoy or Istio has checked, and what WSO2 makes of one.
  'x-jwt-payload',
  'x-jwt-assertion',
  'x-appengine-auth-domain',
];

/** By vendor and product: each sets its whole family. */
const identityPrefixes = [
  'x-forwarded',
  'x-original-forwarded',
  'x-envoy-',
  // Authenticating proxies of Kubernetes (`X-Remote-User`, `-Group`, `-Extra-`), and impersonation.
  'x-remote-',
  'impersonate-',
  // AWS load balancers: OpenID Connect, mutual TLS.
  'x-amzn-oidc-',
  'x-amzn-mtls-',
  'x-goog-iap-',
  'x-goog-authenticated-user-',
  'x-appengine-user-',
  'x-ms-client-principal',
  'x-ms-token-',
  'x-arr-clientcert',
  'cf-access-',
  'cf-client-cert',
  // oauth2-proxy, Vouch, authentik, Pomerium, Grafana's auth proxy, Tailscale, mod_auth_openidc, Shibboleth, Kong.
  'x-auth-request-',
  'x-vouch-',
  'x-authentik-',
  'x-pomerium-',
  'x-webauth-',
  'tailscale-user-',
  'oidc-claim-',
  'x-jwt-claim',
  'shib-',
  'x-consumer-',
  'x-authenticated-',
  // Linkerd.
  'l5d-',
  'x-spiffe-',
  // Client certificates: RFC 9440, ingress-nginx and others.
  'client-cert',
  'x-client-cert',
  'ssl-client-',
  'x-ssl-client-',
];
const identityNames = new Set([...addressNames, ...userNames]);

function isIdentity(name: string): boolean {
  if (identityNames.has(name) || addressEnding.test(name)) return true;
  return startsWithOne(name, identityPrefixes);
}

/** `idempotency-key` (draft-ietf-httpapi-idempotency-key-header), and with `x-` or a vendor in front. */
const idempotencyKey = /(?:^|-)idempotency-?key$/;

/** Whole names. */
const credentialNames = new Set([
  'cookie',
  // RFC 2965.
  'cookie2',
  // RFC 9449.
  'dpop',
  'php-auth-pw',
  // The key itself (S3, encryption with keys that the customer brings).
  'x-amz-server-side-encryption-customer-key',
  'x-amz-copy-source-server-side-encryption-customer-key',
]);
/** The last part of a name: `authorization`, `x-authorization`, `x-serverless-authorization`, `x-auth`. */
const credentialEnding =
  /(?:^|-)(?:authorization|authentication|auth|bearer|jwt|assertion|csrf|xsrf|otp)$/;
/**
 * The end of any part, so that `x-authtoken`, `x-sessiontoken` and `phpsessid` are told like `x-auth-token`. Plurals are
 * not meant: `x-tokens` is a number of tokens.
 */
const credentialPart =
  /(?:token|secret|password|passwd|pwd|passphrase|passcode|session|sessionid|sessid|apikey|credentials?)(?=-|$)/;
const partsBesideKey = new Set([
  'api',
  'access',
  'private',
  'secret',
  // Azure, Cloudflare, RapidAPI, keys of encryption.
  'subscription',
  'functions',
  'auth',
  'rapidapi',
  'encryption',
]);

function isCredential(name: string): boolean {
  if (credentialNames.has(name)) return true;
  if (credentialEnding.test(name) || credentialPart.test(name)) return true;
  const parts = name.split('-');
  return parts.some(
    (part, index) =>
      part === 'key' &&
      (partsBesideKey.has(parts[index - 1] ?? '') || partsBesideKey.has(parts[index + 1] ?? '')),
  );
}

function startsWithOne(name: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => name.startsWith(prefix));
}
