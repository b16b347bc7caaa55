/**
 * Schema of the ports that twinspan opens, of the Envoy in front of it, and of TLS on both sides.
 */
import { z } from 'zod';

import { atReload, atStart, flag, list, reading, section, size, text } from './fields.ts';
import { parseListenAddress } from './listen-address.ts';
import { problemOf, valueOf } from './reading.ts';
import { readBaseUrl } from './syntax.ts';

/** A path on this machine, relative to the working directory. Whether the file is there is seen at start. */
export function filePath() {
  return text(4096).meta({ type: 'path', values: '' });
}

function listenAddress() {
  return reading({ type: 'address', values: 'host:port or unix:/path' }, 'an address', (input) => {
    const address = parseListenAddress(input);
    return address.kind === 'value' ? valueOf(input) : address;
  });
}

function tcpAddress() {
  return reading({ type: 'address', values: 'host:port' }, 'an address', (input) => {
    const address = parseListenAddress(input);
    if (address.kind === 'problem') return address;
    return address.value.kind === 'tcp' ? valueOf(input) : problemOf('must be host:port');
  });
}

const serverTls = section({
  certFile: filePath().meta(atStart('Certificate chain of this server, PEM.')),
  keyFile: filePath().meta(atStart('Private key of the certificate, PEM.')),
  clientCaFile: filePath()
    .exactOptional()
    .meta(
      atStart(
        'CA that client certificates must come from; needed beyond loopback, unless `insecure` is true. Without it no client needs a certificate.',
      ),
    ),
  allowedSans: list(text(), 'names', 64)
    .prefault([])
    .meta(
      atStart(
        'Subject alternative names (SPIFFE id, DNS name) of which a client certificate must have one; empty: any that the CA signed.',
      ),
    ),
});

/** Written as an address alone, or as `{address, tls}`; read as the latter. */
export const listen = z
  .preprocess(
    (input) => (typeof input === 'string' ? { address: input } : input),
    section({
      address: listenAddress()
        .prefault('127.0.0.1:9002')
        .meta(atStart('Where the port is: host:port, [ipv6]:port or unix:/path.')),
      tls: serverTls
        .exactOptional()
        .meta(
          atStart(
            'TLS of the ext_proc port; needed beyond loopback, with `clientCaFile`, unless `insecure` is true.',
          ),
        ),
    }),
  )
  .prefault('127.0.0.1:9002')
  .meta({
    ...atStart(
      'The ext_proc port, for Envoy: an address, or a mapping with `address` and `tls`. A Unix socket needs no TLS.',
    ),
    type: 'address or mapping',
    scalar: 'text',
  });

export const insecure = flag()
  .prefault(false)
  .meta(
    atStart(
      "Allows a `listen` beyond loopback without TLS, or without a CA for clients: customers' requests cross the network in clear, or any machine that reaches the port can have twinspan send requests to the shadow.",
    ),
  );

export const admin = section({
  listen: tcpAddress()
    .prefault('127.0.0.1:9003')
    .meta(
      atStart(
        'Port of the report page and the API, which show pairs; beyond loopback only with `admin.tokenFile`.',
      ),
    ),
  tokenFile: filePath()
    .exactOptional()
    .meta(atStart('File with the token that requests must send as `Authorization: Bearer`.')),
  hosts: list(text(), 'names', 32)
    .prefault([])
    .meta(
      atReload(
        'Further values of the `Host` header that are accepted, beside the bound address and localhost.',
      ),
    ),
})
  .prefault({})
  .meta(atStart('The port for people and tools that may see pairs.'));

export const ops = section({
  listen: tcpAddress()
    .prefault('127.0.0.1:9464')
    .meta(atStart('Port of metrics, health and verdict, without a token.')),
})
  .prefault({})
  .meta(atStart('The port for machines, which holds no customer data.'));

export const envoy = section({
  requireObservability: flag()
    .prefault(false)
    .meta(
      atReload(
        'Ends the calls of a filter that is not in `observability_mode` (`unsafe_envoy_mode`) where they would otherwise be answered at once with an empty CONTINUE.',
      ),
    ),
  maxMessageBytes: size('64KiB', '1GiB')
    .prefault('2MiB')
    .meta(
      atStart(
        "Largest message taken from Envoy; above Envoy's own buffer limit (1 MiB by default).",
      ),
    ),
  adminUrl: reading({ type: 'URL', values: 'http or https' }, 'a URL', readBaseUrl)
    .exactOptional()
    .meta({
      ...atStart(
        "Envoy's admin interface, read to tell how much traffic never reached twinspan (`twinspan_coverage_gap`).",
      ),
      default: 'unset: the gap is unknown',
    }),
})
  .prefault({})
  .meta(atStart('The Envoy whose filter calls twinspan.'));

export const intake = section({
  listen: tcpAddress()
    .prefault('127.0.0.1:9465')
    .meta(
      atStart('Port for `POST /v1/observations`; beyond loopback only with `intake.tokenFile`.'),
    ),
  tokenFile: filePath()
    .exactOptional()
    .meta(atStart('File with the token that reports must send as `Authorization: Bearer`.')),
})
  .exactOptional()
  .meta(
    atStart(
      'Takes reports of exchanges that applications shadowed themselves. Off unless the section is there.',
    ),
  );
