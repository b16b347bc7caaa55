import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { processMethod, serviceName } from '../../../src/stream/reference.ts';

const protoFolder = fileURLToPath(new URL('../../../proto', import.meta.url));

test('the method has the path that Envoy calls, and streams in both directions', () => {
  assert.equal(processMethod.path, `/${serviceName}/Process`);
  assert.equal(processMethod.requestStream, true);
  assert.equal(processMethod.responseStream, true);
});

test('the vendored files are closed: each import is there, and each file is imported', () => {
  const files = readdirSync(protoFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.proto'))
    .sort();
  const imported = new Set(['envoy/service/ext_proc/v3/external_processor.proto']);
  for (const file of files) {
    const source = readFileSync(join(protoFolder, file), 'utf8');
    for (const [, name] of source.matchAll(/^import (?:public )?"([^"]+)";/gm)) {
      if (!name!.startsWith('google/protobuf/')) imported.add(name!);
    }
  }
  assert.deepEqual(files, [...imported].sort());
});
