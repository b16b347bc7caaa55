import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { readTlsFiles } from '../../../src/shadow/tls.ts';

const directory = new URL('../../fixtures/tls/', import.meta.url).pathname;
const file = (name: string): string => `${directory}${name}`;

describe('TLS files', () => {
  it('that belong together make a secure context', () => {
    for (const files of [
      {},
      { caFile: file('ca.pem') },
      { certFile: file('client.pem'), keyFile: file('client.key') },
      { caFile: file('ca.pem'), certFile: file('client.pem'), keyFile: file('client.key') },
    ]) {
      assert.ok(readTlsFiles(files, 'shadow.tls').context);
    }
  });

  for (const [what, files, code, message] of [
    [
      'that does not exist',
      { caFile: file('no.pem') },
      'unreadable_file',
      /^shadow\.tls\.caFile: cannot read .*no\.pem/,
    ],
    [
      'that is a directory',
      { certFile: directory, keyFile: file('client.key') },
      'unreadable_file',
      /^shadow\.tls\.certFile: cannot read/,
    ],
    [
      'without a certificate in it',
      { caFile: file('README.md') },
      'configuration',
      /^shadow\.tls\.caFile: .*README\.md holds no PEM certificate/,
    ],
    [
      'of another key',
      { certFile: file('client.pem'), keyFile: file('server.key') },
      'configuration',
      /^shadow\.tls\.keyFile: .*server\.key is not the PEM key of the certificate in .*client\.pem/,
    ],
    [
      'for a certificate alone',
      { certFile: file('client.pem') },
      'configuration',
      /^shadow\.tls\.keyFile: missing, because shadow\.tls\.certFile is set/,
    ],
    [
      'for a key alone',
      { keyFile: file('client.key') },
      'configuration',
      /^shadow\.tls\.certFile: missing, because shadow\.tls\.keyFile is set/,
    ],
  ] as const) {
    it(`a file ${what} is an error that names the key of the configuration`, () => {
      assert.throws(() => readTlsFiles(files, 'shadow.tls'), { code, message });
    });
  }
});
