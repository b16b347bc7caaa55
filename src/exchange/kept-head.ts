/**
 * What an exchange keeps of its request line and headers once it is selected: of a large head, strings of its own.
 */
import { freeHeaderBytes, keptHeaders, ownText } from '../base/kept-headers.ts';
import type { Attributes, LiveContext } from '../stream/live-event.ts';
import type { RequestHead } from './message-head.ts';

/** @param bytes of all of it, as `headerBytes` counts */
export function keptHead(head: RequestHead, bytes: number): RequestHead {
  if (bytes <= freeHeaderBytes) return head;
  return {
    method: ownText(head.method),
    path: ownText(head.path),
    authority: ownText(head.authority),
    headers: keptHeaders(head.headers, bytes),
    requestId: ownText(head.requestId),
    // Read by the selection alone, and slices of the same message.
    attributes: noAttributes,
  };
}

const noAttributes: Attributes = new Map();

/** What an exchange keeps of its RPC's metadata: a customer chooses how long the tracestate is that Envoy hands on. */
export function contextBytes({ traceparent = '', tracestate = '' }: LiveContext): number {
  return traceparent.length + tracestate.length;
}
