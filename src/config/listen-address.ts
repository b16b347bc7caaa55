/**
 * Where twinspan listens: `host:port`, `[ipv6]:port` or `unix:/path`, and which hosts are this machine alone.
 */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

import { problemOf, valueOf, type Reading } from './reading.ts';

export type ListenAddress =
  /** `host` is without the brackets of an IPv6 literal; port 0 lets the system choose one. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

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

/** True when what listens at `address` may be what answers at `host:port`; a guess by name, without DNS. */
export function answersAt(address: ListenAddress, host: string, port: number): boolean {
  if (address.kind === 'unix' || address.port !== port) return false;
  if (address.host.toLowerCase() === host.toLowerCase()) return true;
  const everyInterface = address.host === '0.0.0.0' || address.host === '::';
  return isLoopbackHost(host) && (everyInterface || isLoopbackHost(address.host));
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
