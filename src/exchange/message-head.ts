/**
 * What Envoy's header lists say, in HTTP's words: the request line and the status are pseudo headers among the fields
 * there. And the nouns that a head and its body make together.
 */
import { HeaderList } from '../base/header-list.ts';
import type { Attributes } from '../stream/live-event.ts';
import type { LiveResponse } from './exchange.ts';
import type { LiveMessage } from './live-message.ts';
import type { Request } from './request.ts';

/** The request line and headers of an exchange, before anything else of it. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  /** Without the pseudo headers. */
  readonly headers: HeaderList;
  readonly requestId: string;
  readonly attributes: Attributes;
}

export interface ResponseHead {
  /** 0 when Envoy did not say. */
  readonly status: number;
  /** Without the pseudo headers. */
  readonly headers: HeaderList;
}

export function readRequestHead(all: HeaderList, attributes: Attributes): RequestHead {
  const { pseudo, headers } = splitPseudo(all);
  return {
    requestId: headers.get('x-request-id') ?? attributes.get('request.id') ?? '',
    method: pseudo.get(':method') ?? '',
    path: pseudo.get(':path') ?? '',
    authority: pseudo.get(':authority') ?? '',
    headers,
    attributes,
  };
}

export function readResponseHead(all: HeaderList): ResponseHead {
  const { pseudo, headers } = splitPseudo(all);
  return { status: Number(pseudo.get(':status') ?? 0), headers };
}

/** The request, once its message is whole. */
export function requestOf(head: RequestHead, message: LiveMessage): Request | undefined {
  if (message.whole === undefined) return undefined;
  return Object.freeze({
    id: head.requestId,
    method: head.method,
    path: head.path,
    authority: head.authority,
    headers: head.headers,
    startedAt: message.startedAt,
    ...message.whole,
  });
}

/** The answer, once its message is whole. */
export function responseOf(
  status: number,
  message: LiveMessage | undefined,
): LiveResponse | undefined {
  if (message?.whole === undefined) return undefined;
  const { headers, startedAt } = message;
  return Object.freeze({ status, headers, startedAt, ...message.whole });
}

function splitPseudo(all: HeaderList): { pseudo: Map<string, string>; headers: HeaderList } {
  const pseudo = new Map<string, string>();
  const flat: string[] = [];
  for (const [name, value] of all) {
    if (name.startsWith(':')) pseudo.set(name, value);
    else flat.push(name, value);
  }
  return { pseudo, headers: new HeaderList(flat) };
}
