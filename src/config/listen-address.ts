/**
 * Where twinspan listens: `host:port`, `[ipv6]:port` or `unix:/path`, which hosts are this machine alone, and
 * under which hosts a listener answers. Names are never looked up.
 */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

import { problemOf, valueOf, type Reading } from './reading.ts';

export type ListenAddress =
  /** `host` is without the brackets of an IPv6 literal; port 0 lets the system choose one. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Where and under what names this machine can be reached, besides loopback. */
export interface Machine {
  readonly addresses: readonly string[];
  readonly names: readonly string[];
}

/** `sun_path` of Linux has 108 bytes, the last of them zero (unix(7)). */
const maxSocketPathBytes = 107;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

export function parseListenAddress(text: string): Reading<ListenAddress> {
  if (text.startsWith('unix:')) return parseSocketPath(text.slice('unix:'.length));
  const [, bracketed, plain, digits] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || digits === undefined) {
    return problemOf('must be host:port such as 127.0.0.1:9002 (an IPv6 host in brackets)');
  }
  if (host === '' || host === '*') {
    return problemOf('must name its host: 127.0.0.1, or 0.0.0.0 for every interface');
  }
  const port = Number(digits);
  if (port > 65_535) return problemOf('has a port above 65535');
  const valid = bracketed === undefined ? isHostName(host) || isIPv4(host) : isIPv6(host);
  if (!valid) return problemOf('has a host that is neither a name nor an address');
  return valueOf({ kind: 'tcp', host, port });
}

/** True of hosts that only this machine reaches: `localhost`, 127.0.0.0/8 and `::1`, without brackets. */
export function isLoopbackHost(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** Empty as far as the system does not tell. */
export function thisMachine(): Machine {
  return {
    addresses: unlessRefused(() =>
      Object.values(networkInterfaces()).flatMap((interfaces) =>
        (interfaces ?? []).map(({ address }) => address),
      ),
    ),
    // The first label alone is completed by the search domain of the resolver.
    names: unlessRefused(() => [hostname(), hostname().split('.', 1)[0]!]),
  };
}

/**
 * True when what listens at `address` may be what answers at `host:port`, asked from `machine`, on which it
 * listens. A guess: a name that leads here by DNS alone is not known, and where a name may lead to
 * several addresses each of them counts.
 */
export function answersAt(
  address: ListenAddress,
  host: string,
  port: number,
  machine: Machine,
): boolean {
  if (address.kind === 'unix' || address.port !== port) return false;
  const listening = normalHost(address.host);
  const asked = normalHost(host);
  if (listening === asked) return true;
  const askedPlace = placeOf(asked, machine);
  if (askedPlace === 'elsewhere') return false;
  const place = placeOf(listening, machine);
  switch (place) {
    case 'unspecified':
    case 'named':
      return true;
    case 'loopback':
      return askedPlace !== 'own';
    case 'own':
      return askedPlace === 'named' || askedPlace === 'unspecified';
    case 'elsewhere':
      return false;
  }
}

/**
 * `unspecified`: every interface for a listener; who asks for it gets an address of this machine, on Linux
 * loopback. `named`: the name of the machine, which may stand for loopback too (127.0.1.1 on Debian).
 */
type Place = 'unspecified' | 'loopback' | 'named' | 'own' | 'elsewhere';

/** Names for loopback in the hosts files of Linux distributions, and RFC 6761 section 6.3. */
const loopbackName =
  /^(?:(?:.+\.)?localhost|localhost[46]|localhost[46]?\.localdomain[46]?|ip6-(?:localhost|loopback))$/;

function placeOf(host: string, { addresses, names }: Machine): Place {
  if (host === '0.0.0.0' || host === '::') return 'unspecified';
  if (isLoopbackHost(host) || loopbackName.test(host)) return 'loopback';
  if (names.some((name) => normalHost(name) === host)) return 'named';
  return addresses.some((own) => normalHost(own) === host) ? 'own' : 'elsewhere';
}

/** One spelling for each host: `127.1` and `::ffff:7f00:1` are 127.0.0.1; without brackets, zone and last dot. */
function normalHost(host: string): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  const spelt = URL.parse(isIPv6(bare) ? `http://[${bare}]` : `http://${bare}`)?.hostname;
  const plain = (spelt ?? bare.toLowerCase()).replace(/^\[(.*)\]$/, '$1').replace(/\.+$/, '');
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain) ?? [];
  if (high === undefined || low === undefined) return plain;
  const words = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return words.flatMap((word) => [word >> 8, word & 0xff]).join('.');
}

/** A container may forbid what the answer is made from. */
function unlessRefused(read: () => string[]): string[] {
  try {
    return read();
  } catch {
    return [];
  }
}

function parseSocketPath(path: string): Reading<ListenAddress> {
  if (!path.startsWith('/') || path.includes('\0')) {
    return problemOf('must name its socket by an absolute path: unix:/run/twinspan/ext_proc.sock');
  }
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    return problemOf(`has a socket path above ${maxSocketPathBytes} bytes`);
  }
  return valueOf({ kind: 'unix', path });
}

function isHostName(host: string): boolean {
  // A name of digits and dots alone is a mistyped IPv4 address.
  return /^[A-Za-z0-9_](?:[\w-]*[A-Za-z0-9_])?(?:\.[\w-]+)*$/.test(host) && !/^[\d.]+$/.test(host);
}
