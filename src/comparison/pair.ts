/**
 * Both executions of one request, made when both have ended, so that it is the same noun whether the
 * duplicate went out after the live answer or beside it.
 */
import type { Exchange, LiveResponse } from '../exchange/exchange.ts';
import type { Request } from '../exchange/request.ts';
import type { ShadowAnswer } from '../shadow/shadow-response.ts';

export interface Pair {
  readonly exchange: Exchange & { readonly request: Request; readonly response: LiveResponse };
  readonly shadow: ShadowAnswer;
}
