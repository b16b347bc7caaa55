/**
 * TLS for Envoy's connections: certificate and key from files, the client's certificate against a CA, and the
 * names that a client may have. Each file is proven at start, so that a wrong one is named in one sentence.
 */
import { readFile } from 'node:fs/promises';
import { createSecureContext, type TLSSocket } from 'node:tls';

import { ServerCredentials } from '@grpc/grpc-js';

import { TwinspanError, messageOf } from '../base/errors.ts';
import { reasonWithAdvice } from '../base/system-advice.ts';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** With it a client must show a certificate that this CA signed. */
  readonly clientCaFile?: string;
  /** Subject alternative names (DNS, URI, IP or email; as they are), one of which a client must have. */
  readonly allowedSans?: readonly string[];
}

/** Throws a TwinspanError: `unreadable_file` naming the file, `configuration` when names are asked of nobody. */
export async function createCredentials(files: TlsFiles): Promise<ServerCredentials> {
  const { certFile, keyFile, clientCaFile, allowedSans } = files;
  if (allowedSans !== undefined && clientCaFile === undefined) {
    throw new TwinspanError(
      'configuration',
      'listen.tls.allowedSans needs listen.tls.clientCaFile: without a CA no client shows a certificate',
    );
  }
  const cert = await read(certFile);
  const key = await read(keyFile);
  const ca = clientCaFile === undefined ? undefined : await read(clientCaFile);
  prove(certFile, 'certificate', () => createSecureContext({ cert }));
  prove(keyFile, 'private key', () => createSecureContext({ key }));
  if (ca !== undefined) prove(clientCaFile!, 'CA certificate', () => requirePem(ca));
  prove(`${certFile} and ${keyFile}`, 'pair of certificate and key', () =>
    createSecureContext({ cert, key }),
  );
  return ServerCredentials.createSsl(
    ca ?? null,
    [{ cert_chain: cert, private_key: key }],
    ca !== undefined,
  );
}

/** Whether the client of a connection has one of the allowed names. */
export function hasAllowedSan(socket: TLSSocket, allowedSans: readonly string[]): boolean {
  const names = socket.getPeerX509Certificate()?.subjectAltName;
  if (names === undefined) return false;
  return parseSans(names).some((name) => allowedSans.includes(name));
}

/**
 * Node's text form of the names: `DNS:a, URI:b`, where a name with a comma or a quote in it is a JSON string, so
 * that a certificate cannot smuggle a second name in (CVE-2021-44532).
 */
export function parseSans(text: string): string[] {
  const names: string[] = [];
  const pattern = /(?:^|, )[^:,"]+:("(?:[^"\\]|\\.)*"|[^,"]*)(?=, |$)/y;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const name = match[1]!;
    names.push(name.startsWith('"') ? (JSON.parse(name) as string) : name);
    if (pattern.lastIndex === text.length) return names;
  }
  return [];
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw unreadable(file, reasonWithAdvice(error), error);
  }
}

function prove(file: string, what: string, load: () => unknown): void {
  try {
    load();
  } catch (error) {
    throw unreadable(
      file,
      `no usable ${what} in PEM form (${messageOf(error)}): check that the files are the right ones, and belong together`,
      error,
    );
  }
}

/** A CA that cannot be parsed is passed over in silence by OpenSSL, and nobody could connect. */
function requirePem(ca: Buffer): void {
  if (!ca.includes('-----BEGIN CERTIFICATE-----')) throw new Error('it holds no certificate');
  createSecureContext({ ca });
}

function unreadable(file: string, reason: string, cause: unknown): TwinspanError {
  return new TwinspanError('unreadable_file', `listen.tls: cannot use ${file}: ${reason}`, {
    cause,
  });
}
