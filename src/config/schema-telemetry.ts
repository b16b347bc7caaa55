/**
 * Schema of what leaves twinspan: spans, metrics, logs, and the pairs on disk.
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
import { readBaseUrl } from './syntax.ts';

const modeKey = 'twinspan.deployment.mode';

export const telemetry = section({
  otlp: reading({ type: 'URL', values: 'http or https' }, 'a URL', readBaseUrl)
    .exactOptional()
    .meta({
      ...atStart(
        'OTLP http/protobuf endpoint of the collector; `/v1/traces` and the like are added.',
      ),
      default: '`OTEL_EXPORTER_OTLP_ENDPOINT`, else http://127.0.0.1:4318',
    }),
  trace: choice(['pair', 'join'])
    .prefault('pair')
    .meta(
      atStart(
        'Whether a pair is a trace of its own, linked to the live one, or stands under the live trace.',
      ),
    ),
  keepMatches: decimal(0, 1)
    .prefault(0.05)
    .meta(
      atReload(
        'Share of the matches whose spans are exported; mismatches, errors and incomparable pairs always are, within `telemetry.maxPairsPerSecond`.',
      ),
    ),
  maxPairsPerSecond: decimal(0, 100_000)
    .prefault(50)
    .meta(
      atReload(
        'Pairs a second whose spans are exported, fairly over routes and kinds of difference.',
      ),
    ),
  bodies: choice(['none', 'excerpt'])
    .prefault('none')
    .meta(
      atStart(
        'Whether a mismatch carries an excerpt of both bodies, redacted, at most 1,024 bytes.',
      ),
    ),
  urlPath: flag()
    .prefault(false)
    .meta(
      atStart('Puts the raw path on execution spans (`url.path`); paths can hold personal data.'),
    ),
  modeKeys: list(text(128), 'attribute keys', 8)
    .transform((keys) => [modeKey, ...keys.filter((key) => key !== modeKey)])
    .prefault([modeKey, 'deployment.mode'])
    .meta(
      atStart(
        `Attributes that carry the deployment mode on execution spans; \`${modeKey}\` is always one.`,
      ),
    ),
  queue: section({
    spans: integer(1, 10_000_000)
      .prefault(16_384)
      .meta(
        atStart('Spans that may wait for the collector; beyond it they are dropped and counted.'),
      ),
    bytes: size('1B', '64GiB').prefault('32MiB').meta(atStart('Bytes of these spans.')),
  })
    .prefault({})
    .meta(atStart('The waiting room before the collector.')),
  metrics: choice(['prometheus', 'otlp'])
    .prefault('prometheus')
    .meta(atStart('Metrics are always read at `/metrics`; `otlp` pushes them too.')),
  logs: choice(['none', 'otlp'])
    .prefault('none')
    .meta(atStart('Whether pairs also go out as OTLP log records.')),
})
  .prefault({})
  .meta(atStart('Spans, metrics and logs.'));

export const store = section({
  path: filePath().meta(
    atStart('SQLite database of pairs; made when it is not there, with mode 0600.'),
  ),
  maxBytes: size('1MiB', '4096GiB').prefault('1GiB').meta(atStart('Size of the database at most.')),
  keep: duration('1m', '3650d').prefault('7d').meta(atStart('Age at which pairs are deleted.')),
  sample: decimal(0, 1)
    .prefault(1)
    .meta(atStart('Share of the matches that are stored; weights keep rates true.')),
})
  .exactOptional()
  .meta(atStart('Pairs on disk, to be queried. Without the section nothing touches the disk.'));
