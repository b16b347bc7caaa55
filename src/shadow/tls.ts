/**
 * TLS towards the shadow: reads the configured files once at start, so that a wrong one is said then and
 * not at the first request. Verification of the server cannot be switched off.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';

import { messageOf, TwinspanError } from '../base/errors.ts';
import { reasonWithAdvice } from '../base/system-advice.ts';

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
 * (`shadow.tls`). Throws a TwinspanError: `unreadable_file`, or `configuration` for what is no certificate,
 * or no pair of certificate and key.
 */
export function readTlsFiles(files: TlsFiles, key: string): SecureContext {
  const { caFile, certFile, keyFile } = files;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    const [given, missing] =
      keyFile === undefined ? ['certFile', 'keyFile'] : ['keyFile', 'certFile'];
    throw new TwinspanError(
      'configuration',
      `${key}.${missing}: missing, because ${key}.${given} is set; give both or none`,
    );
  }
  const ca = caFile === undefined ? undefined : readCertificate(caFile, `${key}.caFile`);
  if (certFile === undefined || keyFile === undefined) return createSecureContext({ ca });

  const cert = readCertificate(certFile, `${key}.certFile`);
  const privateKey = read(keyFile, `${key}.keyFile`);
  try {
    return createSecureContext({ ca, cert, key: privateKey });
  } catch (cause) {
    throw new TwinspanError(
      'configuration',
      `${key}.keyFile: ${keyFile} is not the PEM key of the certificate in ${certFile} (${messageOf(cause)}): give the two files that were made together`,
      { cause },
    );
  }
}

function readCertificate(file: string, key: string): Buffer {
  const pem = read(file, key);
  try {
    // The TLS library takes a file without any certificate for an empty list of authorities.
    void new X509Certificate(pem);
  } catch (cause) {
    throw new TwinspanError(
      'configuration',
      `${key}: ${file} holds no PEM certificate (${messageOf(cause)}): give the file that begins with BEGIN CERTIFICATE`,
      { cause },
    );
  }
  return pem;
}

function read(file: string, key: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new TwinspanError(
      'unreadable_file',
      `${key}: cannot read ${file}: ${reasonWithAdvice(cause)}`,
      { cause },
    );
  }
}
