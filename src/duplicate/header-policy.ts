/**
 * Which live headers the duplicate may carry. Copied is everything except what belongs to one connection
 * (RFC 9110 section 7.6.1), what the client writes itself, what would join the shadow to the customer's
 * trace, what says who the customer is, and credentials that no grant opens (`base/header-class.ts` has the names).
 * The rules are compiled once a route and target; a request costs one pass and one lookup a header.
 */
import { createHmac } from 'node:crypto';

import { headerClassOf } from '../base/header-class.ts';
import { HeaderList } from '../base/header-list.ts';
import { foldedName } from '../base/header-name.ts';

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
  const granted = new Set(credentialsMayLeave ? options.grant.map(foldedName) : []);
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
        connectionOptions = [...(connectionOptions ?? []), ...value.split(',')];
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

/** By the folded name, as the service behind may understand it; what is sent has the name that came. */
function decide(
  name: string,
  granted: ReadonlySet<string>,
  { idempotencyKey, stripConditions }: HeaderPolicyOptions,
): Rule {
  const folded = foldedName(name);
  if (folded === 'connection') return 'connection';
  if (stripConditions === true && conditions.has(folded)) return 'drop';
  switch (headerClassOf(name)) {
    case 'replaced':
    case 'identity':
      return 'drop';
    case 'idempotency_key':
      if (idempotencyKey !== 'hmac') return 'drop';
      return token.test(name) ? 'idempotency_key' : 'not_a_token';
    case 'credential':
      if (!granted.has(folded)) return 'drop';
      break;
    case 'ordinary':
  }
  if (!token.test(name)) return 'not_a_token';
  return folded === 'cookie' ? 'cookie' : 'copy';
}

/** Equal keys stay equal and new to any provider; a quoted key (a structured field) stays quoted. */
function rewriteKey(value: string, hmacKey: string | Uint8Array): string {
  const rewritten = createHmac('sha256', hmacKey).update(value, 'latin1').digest('hex');
  return value.startsWith('"') ? `"${rewritten}"` : rewritten;
}

/** `kept` without the headers that `Connection` names. */
function without(kept: readonly string[], connectionOptions: readonly string[]): string[] {
  const named = new Set(connectionOptions.map((option) => foldedName(option.trim())));
  return kept.filter((_, index) => !named.has(foldedName(kept[index - (index % 2)]!)));
}
