/**
 * Which header names `headers.grant` may name. Replaying what a proxy says about its client would give the
 * shadow privileges by header, and what belongs to one connection or one trace has no meaning on another: no
 * grant opens those.
 */
import { headerClassOf } from '../base/header-class.ts';
import { problemOf, valueOf, type Reading } from './reading.ts';
import { readHeaderName } from './syntax.ts';

/** The name in lower case. It opens every spelling of the same name: `x_auth_token` is `x-auth-token`. */
export function readGrantableHeader(text: string): Reading<string> {
  const reading = readHeaderName(text);
  if (reading.kind === 'problem') return reading;
  const name = reading.value;
  switch (headerClassOf(name)) {
    case 'identity':
      return problemOf(
        `must not name ${name}: it says who the client is, and no grant opens such headers to the shadow`,
      );
    case 'idempotency_key':
      return problemOf(`must not name ${name}: set headers.idempotencyKey to hmac instead`);
    case 'replaced':
      return problemOf(`must not name ${name}: the shadow request has its own, or none`);
    case 'credential':
    case 'ordinary':
      return valueOf(name);
  }
}
