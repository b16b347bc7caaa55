/**
 * Makes the request that goes to the shadow, or says why there is none: a live request that cannot be sent
 * again byte for byte is not sent at all.
 */
import { HeaderList } from '../base/header-list.ts';
import type { ExchangeHead } from '../exchange/exchange.ts';
import type { Request } from '../exchange/request.ts';
import type { Duplicate, PairTrace } from './duplicate.ts';
import { mayOverrideMethod } from './form-override.ts';
import type { HeaderPolicy } from './header-policy.ts';

export interface DuplicateSource {
  readonly head: ExchangeHead;
  readonly request: Request;
  readonly trace: PairTrace;
  readonly target: 'shadow' | 'control';
}

export interface DuplicateSettings {
  /** Names this process in `x-twinspan-shadow`, which ends loops; a header value. */
  readonly instance: string;
  /** `preserve` sends the live authority as `Host`, so one that is no `host[:port]` refuses the request. */
  readonly host: 'shadow' | 'preserve';
  /** Compiled for the route of the exchange and for the target. */
  readonly policy: HeaderPolicy;
}

export type DuplicateResult =
  | { readonly kind: 'made'; readonly duplicate: Duplicate }
  | { readonly kind: 'refused'; readonly outcome: Refusal };

type Refusal = 'header_invalid' | 'body_too_large' | 'side_effect_guard';

/** RFC 9110 section 5.6.2; methods are case-sensitive. */
const methodToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Origin form, as opaque bytes: no control character, no space, no fragment. */
const originForm = /^\/[\x21\x22\x24-\x7e\x80-\xff]*$/;
/** `uri-host [ ":" port ]` of RFC 9110 section 7.2 without userinfo, percent-encoding and sub-delims. */
const hostAndPort = /^(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(?::[0-9]{1,5})?$/;
/** A DNS name of 253 characters, a colon, a port. */
const maxAuthorityLength = 259;
/** A header value of RFC 9110 section 5.5, one character per byte. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Makes the duplicate of a complete request, frozen. */
export function makeDuplicate(
  source: DuplicateSource,
  settings: DuplicateSettings,
): DuplicateResult {
  const { head, request, trace, target } = source;
  if (!isSendable(request.method, request.path)) return refused('header_invalid');
  if (settings.host === 'preserve' && !isHostAndPort(request.authority)) {
    return refused('header_invalid');
  }
  // A body that was given up, like one that was cut, is another request.
  if (request.body.bytes === undefined) return refused('body_too_large');
  if (mayOverrideMethod(request)) return refused('side_effect_guard');

  const permitted = settings.policy(request.headers);
  const idIsSendable = fieldValue.test(request.id);
  const flat = [
    ...permitted.headers.flat,
    'x-twinspan-shadow',
    `${settings.instance};1`,
    'traceparent',
    `00-${trace.traceId}-${trace.shadowSpanId}-${trace.sampled ? '01' : '00'}`,
    'baggage',
    `twinspan.deployment.mode=${target}`,
  ];
  if (request.id !== '' && idIsSendable) flat.push('x-request-id', request.id);
  if (trace.tracestate !== undefined && fieldValue.test(trace.tracestate)) {
    flat.push('tracestate', trace.tracestate);
  }
  const duplicate: Duplicate = Object.freeze({
    head,
    request,
    trace,
    target,
    headers: new HeaderList(flat),
    // The client sends no request trailers, so the shadow sees less than live did.
    degraded: permitted.degraded || !idIsSendable || request.trailers.length > 0,
  });
  return { kind: 'made', duplicate };
}

/**
 * Whether a request line can be written with these bytes. `CONNECT` has another form of target and opens a
 * tunnel; `*` (OPTIONS) asks about the server, not about a resource.
 */
function isSendable(method: string, path: string): boolean {
  return methodToken.test(method) && method !== 'CONNECT' && originForm.test(path);
}

function isHostAndPort(authority: string): boolean {
  return authority.length <= maxAuthorityLength && hostAndPort.test(authority);
}

function refused(outcome: Refusal): DuplicateResult {
  return { kind: 'refused', outcome };
}
