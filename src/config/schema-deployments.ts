/**
 * Schema of the deployments: what is live, the shadow it is compared with, and the control.
 */
import {
  atReload,
  atStart,
  choice,
  decimal,
  duration,
  flag,
  integer,
  list,
  reading,
  section,
  size,
  text,
} from './fields.ts';
import { filePath } from './schema-connections.ts';
import { readHeaderName, readOrigin } from './syntax.ts';

function headerName() {
  return reading({ type: 'header name' }, 'the name of a header', readHeaderName);
}

function origin() {
  return reading({ type: 'URL', values: 'http or https origin' }, 'a URL', readOrigin);
}

export const live = section({
  name: text(128)
    .exactOptional()
    .meta(
      atStart('Name of the live service; `service.name` of the spans is this and `-twinspan`.'),
    ),
  version: text(128)
    .exactOptional()
    .meta(atStart("Version of the live service, a part of the experiment's key.")),
  versionHeader: headerName()
    .exactOptional()
    .meta(atStart('Response header that names the version of the answer; wins over `version`.')),
  canary: section({
    clusters: list(text(), 'clusters', 64)
      .prefault([])
      .meta(
        atReload(
          'Envoy clusters whose live answers have the mode `canary`: compared, but not counted in an experiment.',
        ),
      ),
  })
    .prefault({})
    .meta(atReload('Live traffic that already goes to a newer version.')),
})
  .prefault({})
  .meta(atStart('The version that answers customers.'));

const queue = section({
  requests: integer(1, 1_000_000)
    .prefault(1000)
    .meta(atReload('Requests that may wait; one more is dropped (`queue_full`).')),
  bytes: size('1B', '64GiB')
    .prefault('32MiB')
    .meta(atReload('Bytes of the bodies that may wait, a part of `capture.maxBytesInFlight`.')),
})
  .prefault({})
  .meta(atReload('The waiting room before the shadow.'));

const breaker = section({
  failures: integer(1, 10_000)
    .prefault(5)
    .meta(atStart('Failed requests within the window that open the breaker.')),
  window: duration('1ms', '1h')
    .prefault('10s')
    .meta(atStart('Span of time in which failures are counted.')),
  open: duration('1ms', '1h')
    .prefault('5s')
    .meta(
      atStart('How long nothing is sent (`circuit_open`) before one request probes the shadow.'),
    ),
})
  .prefault({})
  .meta(atStart('Leaves a shadow alone that fails.'));

const clientTls = section({
  caFile: filePath()
    .exactOptional()
    .meta({
      ...atStart("CA that the shadow's certificate must come from, PEM."),
      default: "Node's own list",
    }),
  certFile: filePath()
    .exactOptional()
    .meta(atStart('Client certificate, PEM; together with `keyFile`.')),
  keyFile: filePath().exactOptional().meta(atStart('Private key of the client certificate, PEM.')),
  serverName: text(253)
    .exactOptional()
    .meta({
      ...atStart('Name that is asked for and that the certificate must hold.'),
      default: 'the host of `shadow.url`',
    }),
})
  .exactOptional()
  .meta(atStart('TLS to a shadow with an https `url`; certificates are always verified.'));

export const shadow = section({
  name: text(128).exactOptional().meta(atStart('Name of the shadow service.')),
  version: text(128)
    .exactOptional()
    .meta(atStart("Version of the shadow service, a part of the experiment's key.")),
  versionHeader: headerName()
    .exactOptional()
    .meta(atStart('Response header that names the version of the answer; wins over `version`.')),
  url: origin().meta(
    atStart(
      'Origin that shadow requests go to: the service, or an Envoy egress listener. Path and query come from the live request.',
    ),
  ),
  egress: flag()
    .prefault(false)
    .meta(
      atStart(
        "`url` is an Envoy egress that sets `x-twinspan-egress`, so that its own 503 is told from the shadow's.",
      ),
    ),
  dispatch: choice(['after-live', 'with-request'])
    .prefault('after-live')
    .meta(
      atStart(
        'When the shadow request is sent: after the live answer is complete, or as soon as the request is (fair latency; only GET and HEAD, or routes with `effects`).',
      ),
    ),
  host: choice(['shadow', 'preserve'])
    .prefault('shadow')
    .meta(atStart("`Host` of the shadow request: the shadow's own, or that of the live request.")),
  timeout: duration('1ms', '1h')
    .prefault('2s')
    .meta(
      atReload(
        'From sending a request to the end of its answer; beyond it the exchange is `shadow_timeout`.',
      ),
    ),
  connections: integer(1, 10_000).prefault(64).meta(atStart('Connections to the shadow at most.')),
  concurrency: integer(1, 100_000)
    .prefault(256)
    .meta(atReload('Requests that the shadow has to answer at the same time, at most.')),
  rate: decimal(0, 1_000_000)
    .prefault(0)
    .meta(atReload('Requests a second at most (`over_rate` beyond it); 0 is no limit.')),
  queue,
  maxResponseBytes: size('1B', '64GiB')
    .prefault('64MiB')
    .meta(
      atStart(
        'Largest answer of the shadow that is read; beyond it the exchange is `shadow_too_large`.',
      ),
    ),
  breaker,
  tls: clientTls,
}).meta(atStart('The version that is tried out. Its answers are compared and never served.'));

export const control = section({
  url: origin().meta(atStart('Origin of a second instance of the live version.')),
  ratio: decimal(0, 1)
    .prefault(0.05)
    .meta(atStart('Share of the followed exchanges that go to the control instead of the shadow.')),
})
  .exactOptional()
  .meta(
    atStart(
      'Live against live: shows noise and the offset of latency. Off unless the section is there.',
    ),
  );
