/**
 * TLS towards the shadow: reads the configured files once at start, so that a wrong one is said then and
 * not at the first request. Verification of the server cannot be switched off.
 */
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';

import { messageOf, TwinspanError } from '../base/errors.ts';

export interface TlsFiles {
  /** PEM; without it the authorities that Node brings are trusted. */
  readonly caFile?: string;
  /** Client certificate and its key, PEM, both or none. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Name to ask for (SNI) and to verify; without it the host of the URL. */
  readonly serverName?: string;
}

/**
 * The secure context of all connections to one target. `key` is where the files stand in the configuration
 * (`shadow.tls`). Throws a TwinspanError: `unreadable_file`, or `configuration` for what is no certificate
 * or a key that belongs to another one.
 */
export function readTlsFiles(files: TlsFiles, key: string): SecureContext {
  const options: SecureContextOptions = {};
  if (files.caFile !== undefined) options.ca = read(files.caFile, `${key}.caFile`);
  if (files.certFile !== undefined) options.cert = read(files.certFile, `${key}.certFile`);
  if (files.keyFile !== undefined) options.key = read(files.keyFile, `${key}.keyFile`);
  for (const [part, name] of [
    [{ ca: options.ca }, 'caFile'],
    [{ cert: options.cert, key: options.key }, 'certFile and keyFile'],
  ] as const) {
    try {
      createSecureContext(definedOf(part));
    } catch (cause) {
      throw new TwinspanError(
        'configuration',
        `${key}: ${name} cannot be used (${messageOf(cause)}); PEM files are expected, with the key that belongs to the certificate`,
        { cause },
      );
    }
  }
  return createSecureContext(options);
}

function read(file: string, key: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new TwinspanError(
      'unreadable_file',
      `${key}: cannot read ${file} (${messageOf(cause)}); check the path and that this user may read it`,
      { cause },
    );
  }
}

function definedOf(options: SecureContextOptions): SecureContextOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
