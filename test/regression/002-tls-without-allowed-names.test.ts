/**
 * Cause: `listen.tls.allowedSans` is an empty list when the file does not name it, and the stream server took that for
 * a list of names of which a client must have one: without `clientCaFile` twinspan did not start, with it every
 * Envoy was turned away.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { test } from 'node:test';

import { httpService, json } from '../kit/http-service.ts';
import { twinspan } from '../kit/twinspan.ts';

const file = (name: string): string => join(import.meta.dirname, '../fixtures/tls', name);
const read = (name: string): Buffer => readFileSync(file(name));
const server = { certFile: file('server.pem'), keyFile: file('server.key') };
const client = { cert: read('client.pem'), key: read('client.key') };

for (const [what, tls, credentials] of [
  ['without a CA for clients any client may connect', server, {}],
  [
    'without allowed names every client of the CA may connect',
    { ...server, clientCaFile: file('ca.pem') },
    client,
  ],
] as const) {
  test(`ext_proc port with TLS: ${what}`, async (t) => {
    const shadow = await httpService(t, json({}));
    const sidecar = await twinspan(t, {
      listen: { address: '127.0.0.1:0', tls },
      shadow: { url: shadow.url },
    });
    const session = connect(`https://${sidecar.app.addresses.extProc}`, {
      ca: read('ca.pem'),
      ...credentials,
    });
    await once(session, 'remoteSettings');
    const answered = new Promise<Error | null>((resolve) => session.ping(resolve));
    assert.equal(await answered, null);
    assert.equal(session.destroyed, false);
    session.destroy();
  });
}
