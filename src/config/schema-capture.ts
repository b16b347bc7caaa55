/**
 * Schema of what is followed and kept on the live side: limits, expiry, segments, shutdown.
 */
import {
  atReload,
  atStart,
  duration,
  flag,
  integer,
  list,
  map,
  reading,
  section,
  size,
  text,
} from './fields.ts';
import { readDate, readHeaderName, readIdentifier, readPointer } from './syntax.ts';
import { filePath } from './schema-connections.ts';

/** Read as Unix milliseconds: the instant from which it is over. */
export function date() {
  return reading({ type: 'date', values: 'day (to its end, UTC) or instant' }, 'a date', readDate);
}

export const capture = section({
  maxBodyBytes: size('1B', '1GiB')
    .prefault('1MiB')
    .meta(
      atReload(
        'Largest body that is kept. A larger request is not sent (`body_too_large`), a larger answer is kept as length and SHA-256.',
      ),
    ),
  maxBytesInFlight: size('1B', '64GiB')
    .prefault('64MiB')
    .meta(
      atReload(
        'All bodies and large headers that are held at the same time: live requests and answers, queued ones and those of the shadow, each byte once; of the headers of a message what is beyond 4 KiB; messages of Envoy that are not whole yet.',
      ),
    ),
  maxExchanges: integer(1, 1_000_000)
    .prefault(10_000)
    .meta(atReload('Exchanges that are open at the same time; one more is `over_capacity`.')),
  maxLoopDelay: duration('1ms', '1m')
    .prefault('100ms')
    .meta(atReload('Delay of the event loop from which exchanges are shed (`loop_lag`).')),
  idle: duration('1ms', '1h')
    .prefault('10s')
    .meta(atReload('Silence after which an open exchange is given up (`live_incomplete`).')),
  maxDuration: duration('1ms', '1d')
    .prefault('60s')
    .meta(atReload('Age at which an open exchange is given up (`live_incomplete`).')),
})
  .prefault({})
  .meta(atReload('Bounds of what is held of live traffic.'));

export const paused = flag()
  .prefault(false)
  .meta(atReload('Follows nothing (`paused`) until it is false again.'));

export const expires = date()
  .exactOptional()
  .meta({
    ...atReload('End of the experiment: from then on nothing is followed (`expired`).'),
    default: 'no end',
  });

export const segments = map(
  readIdentifier,
  section({
    header: reading({ type: 'header name' }, 'the name of a header', readHeaderName)
      .exactOptional()
      .meta(atStart('Request header that holds the segment; either this or `request`.')),
    request: reading({ type: 'JSON Pointer' }, 'a JSON Pointer', readPointer)
      .exactOptional()
      .meta(atStart('Place of the segment in a JSON request body.')),
    values: list(text(64), 'values', 50)
      .prefault([])
      .meta(
        atStart(
          'Values that are shown in clear; all others are hashed, and beyond 50 they are `~other`.',
        ),
      ),
  }),
  'segments',
  8,
)
  .prefault({})
  .meta(
    atStart(
      'Splits agreement by customer, country or the like; a good average can hide a bad segment.',
    ),
  );

export const hashKeyFile = filePath()
  .exactOptional()
  .meta({
    ...atStart(
      'File with the key of the hashes that stand for values, labels and segments that are not shown; replicas with the same key make the same hashes, also after a restart.',
    ),
    default: 'a random key of each process',
  });

export const shutdown = section({
  delay: duration('0s', '1h')
    .prefault('0s')
    .meta(atReload('How long following goes on after SIGTERM, while health already says no.')),
  deadline: duration('0s', '1h')
    .prefault('5s')
    .meta(atReload('How long open exchanges, queue and shadow requests then have to finish.')),
  flush: duration('0s', '1h')
    .prefault('2s')
    .meta(atReload('How long spans and store then have to be written.')),
})
  .prefault({})
  .meta(atReload('The way out after SIGTERM.'));
