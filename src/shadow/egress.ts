/**
 * Reads what an Envoy in front of the shadow says about an answer. Behind an egress listener Envoy turns
 * "no answer" into a 503 or 504 of its own; the listener therefore sets
 * `x-twinspan-egress: %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%`, and only `via_upstream` is the shadow's.
 */
import type { Failure } from './failure.ts';
import type { FailedAtShadow } from '../exchange/outcome.ts';

export const egressHeader = 'x-twinspan-egress';

/** Short response flags of Envoy 1.40 (source/common/stream_info/utility.h) that mean a shadow without answer. */
const kindByFlag = new Map<string, FailedAtShadow>([
  ['UF', 'shadow_connect'],
  ['UH', 'shadow_connect'],
  ['UO', 'shadow_connect'],
  ['NR', 'shadow_connect'],
  ['NC', 'shadow_connect'],
  ['DF', 'shadow_connect'],
  ['LH', 'shadow_connect'],
  ['DO', 'shadow_connect'],
  ['UDO', 'shadow_connect'],
  ['OM', 'shadow_connect'],
  ['NFCF', 'shadow_connect'],
  ['RL', 'shadow_connect'],
  ['RLSE', 'shadow_connect'],
  ['UAEX', 'shadow_connect'],
  ['FI', 'shadow_connect'],
  ['RFCF', 'shadow_connect'],
  ['UT', 'shadow_timeout'],
  ['SI', 'shadow_timeout'],
  ['DT', 'shadow_timeout'],
  ['UMSDR', 'shadow_timeout'],
  ['UC', 'shadow_reset'],
  ['UR', 'shadow_reset'],
  ['LR', 'shadow_reset'],
  ['UPE', 'shadow_malformed'],
  ['DPE', 'shadow_malformed'],
  ['IH', 'shadow_malformed'],
]);

/** The failure behind a value of the egress header, or undefined when the shadow itself answered. */
export function egressFailureOf(value: string): Failure | undefined {
  const [details, flags = ''] = value.trim().split(/\s+/);
  if (details === 'via_upstream') return undefined;
  for (const flag of flags.split(',')) {
    const kind = kindByFlag.get(flag);
    if (kind !== undefined) return { kind, errorType: flag };
  }
  // An answer of Envoy's without a flag (a direct response, a filter's refusal): the shadow was not asked.
  return { kind: 'shadow_connect', errorType: '_OTHER' };
}
