/**
 * The attributes of the three spans of a pair, as OpenTelemetry's HTTP conventions and the contract name them.
 * Everything a person would search for is a scalar on the pair span, because searches hold for one span at a
 * time. Nothing here reads a body; the raw path appears only where it was asked for.
 */
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
} from '@opentelemetry/semantic-conventions';
import {
  ATTR_HTTP_REQUEST_BODY_SIZE,
  ATTR_HTTP_RESPONSE_BODY_SIZE,
  ATTR_URL_TEMPLATE,
} from '@opentelemetry/semantic-conventions/incubating';

import type { HeaderList } from '../base/header-list.ts';
import { versionOf, type ServiceSettings } from '../base/service-version.ts';
import type { Comparison } from '../comparison/comparison.ts';
import type { PredictionComparison } from '../comparison/prediction.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { ShadowResponse } from '../shadow/shadow-response.ts';
import type { FinishedPair, PairResult } from '../comparison/finished-pair.ts';
import type { LiveParent } from './pair-trace.ts';
import { latencyDelta, liveSeconds, shadowSeconds } from './service-time.ts';

export interface ServerAddress {
  readonly address: string;
  readonly port: number;
}

export interface AttributeSettings {
  readonly live: ServiceSettings;
  readonly shadow: ServiceSettings;
  readonly shadowServer: ServerAddress;
  /** Of the second live instance, where there is one. */
  readonly controlServer?: ServerAddress | undefined;
  /** Keys under which the execution spans carry their deployment mode. */
  readonly modeKeys: readonly string[];
  /** `url.path` on the execution spans: raw paths can hold personal data. */
  readonly urlPath: boolean;
}

/** RFC 9110 and RFC 5789; any other method becomes `_OTHER`, which keeps span names and labels few. */
const knownMethods = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '),
);

const maxDiffPaths = 16;
const maxDiffPathLength = 128;

/** `{method} {route}`, never a raw path; an unknown method is `HTTP` in names. */
export function executionName({ method, route }: Exchange): string {
  return `${knownMethods.has(method) ? method : 'HTTP'} ${route.template}`.trimEnd();
}

export function pairAttributes(
  finished: FinishedPair,
  result: PairResult,
  parent: LiveParent | undefined,
  settings: AttributeSettings,
): Attributes {
  const { exchange, shadow, comparison } = finished;
  const { response } = exchange;
  const live = liveSeconds(finished);
  const other = shadowSeconds(shadow);
  return {
    'twinspan.pair.id': exchange.pairId,
    ...(exchange.requestId !== '' && { 'twinspan.request.id': exchange.requestId }),
    ...(parent && {
      'twinspan.live.trace_id': parent.traceId,
      'twinspan.live.span_id': parent.spanId,
    }),
    ...methodAttributes(exchange),
    [ATTR_HTTP_ROUTE]: exchange.route.template,
    'twinspan.route': exchange.route.name,
    ...(response && { 'twinspan.live.status_code': response.status }),
    ...(shadow?.kind === 'answered' && { 'twinspan.shadow.status_code': shadow.status }),
    ...(live !== undefined && { 'twinspan.live.duration': live }),
    ...(other !== undefined && { 'twinspan.shadow.duration': other }),
    ...(live !== undefined &&
      other !== undefined && { 'twinspan.latency.delta': latencyDelta(live, other) }),
    'twinspan.comparison.result': result.name,
    ...(result.reason !== undefined && { 'twinspan.comparison.reason': result.reason }),
    ...(comparison && differenceAttributes(comparison)),
    ...(comparison?.prediction && predictionAttributes(comparison.prediction)),
    ...(comparison?.segments && segmentAttributes(comparison.segments)),
    ...optional('twinspan.experiment.id', finished.experiment),
    ...optional('twinspan.live.version', versionOf(settings.live, response?.headers)),
    ...optional('twinspan.shadow.version', shadowVersion(shadow, settings)),
  };
}

/** The observed live execution; `errorType` is what `liveErrorType` said. */
export function liveAttributes(
  exchange: Exchange,
  errorType: string | undefined,
  settings: AttributeSettings,
): Attributes {
  const { response } = exchange;
  const upstreamSeconds = upstreamServiceSeconds(response?.headers);
  return {
    ...modeAttributes(exchange.mode, settings),
    ...requestAttributes(exchange, settings),
    ...(response && {
      [ATTR_HTTP_RESPONSE_STATUS_CODE]: response.status,
      [ATTR_HTTP_RESPONSE_BODY_SIZE]: response.body.length,
    }),
    ...optional(ATTR_ERROR_TYPE, errorType),
    ...serviceAttributes(settings.live, response?.headers),
    ...(upstreamSeconds !== undefined && {
      'twinspan.live.upstream_service_time': upstreamSeconds,
    }),
  };
}

/** The request that twinspan made itself, to the shadow or to the control. */
export function shadowAttributes(
  exchange: Exchange,
  shadow: ShadowResponse,
  errorType: string | undefined,
  settings: AttributeSettings,
): Attributes {
  const { target } = shadow.duplicate;
  const answer = shadow.kind === 'answered' ? shadow : undefined;
  const server = target === 'control' ? settings.controlServer : settings.shadowServer;
  return {
    ...modeAttributes(target, settings),
    ...requestAttributes(exchange, settings),
    [ATTR_URL_TEMPLATE]: exchange.route.template,
    ...(server && { [ATTR_SERVER_ADDRESS]: server.address, [ATTR_SERVER_PORT]: server.port }),
    ...(answer && {
      [ATTR_HTTP_RESPONSE_STATUS_CODE]: answer.status,
      [ATTR_HTTP_RESPONSE_BODY_SIZE]: answer.body.length,
    }),
    ...optional(ATTR_ERROR_TYPE, errorType),
    ...serviceAttributes(settings[target === 'control' ? 'live' : 'shadow'], answer?.headers),
  };
}

/** Of an observed server a 4xx is the client's fault (HTTP conventions); of an aborted exchange no cause is known. */
export function liveErrorType({ exchange, outcome }: FinishedPair): string | undefined {
  const status = exchange.response?.status;
  if (status !== undefined && status >= 500) return String(status);
  return outcome === 'live_upstream_failed' ? outcome : undefined;
}

/** A 4xx that live gave as well is the right answer to the request; what twinspan cancelled itself is no error. */
export function shadowErrorType(shadow: ShadowResponse, exchange: Exchange): string | undefined {
  if (shadow.kind === 'cancelled') return undefined;
  if (shadow.kind !== 'answered') return shadow.errorType;
  const { status } = shadow;
  if (status >= 500) return String(status);
  return status >= 400 && status !== exchange.response?.status ? String(status) : undefined;
}

function modeAttributes(mode: string, { modeKeys }: AttributeSettings): Attributes {
  const attributes: Attributes = {};
  for (const key of modeKeys) attributes[key] = mode;
  return attributes;
}

function methodAttributes({ method }: Exchange): Attributes {
  if (knownMethods.has(method)) return { [ATTR_HTTP_REQUEST_METHOD]: method };
  return {
    [ATTR_HTTP_REQUEST_METHOD]: '_OTHER',
    [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: truncate(method, maxDiffPathLength),
  };
}

function requestAttributes(exchange: Exchange, { urlPath }: AttributeSettings): Attributes {
  const { request, route } = exchange;
  return {
    ...methodAttributes(exchange),
    [ATTR_HTTP_ROUTE]: route.template,
    ...(request && { [ATTR_HTTP_REQUEST_BODY_SIZE]: request.body.length }),
    ...(request && urlPath && { [ATTR_URL_PATH]: request.path.split('?', 1)[0]! }),
  };
}

function serviceAttributes(service: ServiceSettings, headers: HeaderList | undefined): Attributes {
  return {
    ...optional('twinspan.service.name', service.name),
    ...optional('twinspan.service.version', versionOf(service, headers)),
  };
}

function shadowVersion(
  shadow: ShadowResponse | undefined,
  settings: AttributeSettings,
): string | undefined {
  const service = shadow?.duplicate.target === 'control' ? settings.live : settings.shadow;
  return versionOf(service, shadow?.kind === 'answered' ? shadow.headers : undefined);
}

function differenceAttributes({ differs, contract, ...comparison }: Comparison): Attributes {
  const groups = new Set<string>();
  for (const { group } of comparison.differences) {
    groups.add(truncate(group, maxDiffPathLength));
    if (groups.size === maxDiffPaths) break;
  }
  return {
    ...(differs.status && { 'twinspan.comparison.diff.status': true }),
    ...(differs.headers && { 'twinspan.comparison.diff.headers': true }),
    ...(differs.body && { 'twinspan.comparison.diff.body': true }),
    ...(contract && { 'twinspan.comparison.diff.contract': true }),
    'twinspan.comparison.diff.count': comparison.differenceCount,
    ...(groups.size > 0 && { 'twinspan.comparison.diff.paths': [...groups] }),
  };
}

/** The labels are those of the first instance, the rest holds for all of them. */
function predictionAttributes(prediction: PredictionComparison): Attributes {
  const [first] = prediction.instances;
  return {
    'twinspan.prediction.count': prediction.count,
    ...optional('twinspan.live.label', first?.live?.label),
    ...optional('twinspan.shadow.label', first?.shadow?.label),
    ...optional('twinspan.prediction.agreement', prediction.labelAgreement),
    ...optional('twinspan.prediction.score_delta', prediction.meanScoreDifference),
    ...optional('twinspan.prediction.overlap', prediction.topKOverlap),
    ...optional('twinspan.prediction.jsd', prediction.meanJsd),
    ...optional('twinspan.prediction.similarity', prediction.similarity),
  };
}

function segmentAttributes(segments: NonNullable<Comparison['segments']>): Attributes {
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(segments))
    attributes[`twinspan.segment.${key}`] = value;
  return attributes;
}

/** Milliseconds, written by Envoy's router into the response. */
function upstreamServiceSeconds(headers: HeaderList | undefined): number | undefined {
  const text = headers?.get('x-envoy-upstream-service-time');
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) / 1000 : undefined;
}

function optional(key: string, value: string | number | undefined): Attributes {
  return value === undefined ? {} : { [key]: value };
}

/** Never ends in half a character of two code units, nor keeps the longer text alive in a span that waits. */
function truncate(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const last = text.charCodeAt(maxLength - 1);
  const isHighSurrogate = last >= 0xd800 && last <= 0xdbff;
  const cut = text.slice(0, isHighSurrogate ? maxLength - 1 : maxLength);
  return Buffer.from(cut).toString();
}
