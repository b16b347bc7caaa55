/** The configurations of twinspan in the shipped files are ones that it starts with, without a warning. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { parseAllDocuments } from 'yaml';

import { loadConfig, type LoadResult } from '../../../src/config/load.ts';
import { assertFits, worstCaseMemory } from '../../../src/memory.ts';
import { readRepositoryFile } from './compose-file.ts';

const texts: Readonly<Record<string, () => string>> = {
  'compose/twinspan.yaml': () => readRepositoryFile('compose/twinspan.yaml'),
  'envoy/kubernetes.yaml': () => fromConfigMap('envoy/kubernetes.yaml'),
  'envoy/envoy-gateway.yaml': () => fromConfigMap('envoy/envoy-gateway.yaml'),
};

describe('the configuration of twinspan', () => {
  for (const [path, read] of Object.entries(texts)) {
    it(`in ${path} is valid`, () => {
      const loaded = load(path, read());
      assert.equal(loaded.kind, 'loaded', JSON.stringify(loaded));
      assert.deepEqual(loaded.warnings, []);
    });
  }

  for (const path of ['compose/twinspan.yaml', 'envoy/kubernetes.yaml']) {
    it(`in ${path} meets Envoy on its socket and reaches the shadow through it`, () => {
      const loaded = load(path, texts[path]!());
      assert.ok(loaded.kind === 'loaded');
      const { listen, shadow } = loaded.config;
      assert.match(JSON.stringify(listen), /\/run\/twinspan\/ext_proc\.sock/);
      assert.match(shadow.url, /^http:\/\/127\.0\.0\.1:10001\/?$/);
      assert.equal(shadow.egress, true);
    });
  }

  for (const [path, file, pattern] of [
    ['envoy/kubernetes.yaml', 'envoy/kubernetes.yaml', /limits: \{[^}]*memory: (\d+)Mi \}/g],
    ['envoy/envoy-gateway.yaml', 'envoy/envoy-gateway.yaml', /limits: \{[^}]*memory: (\d+)Mi \}/g],
    ['compose/twinspan.yaml', 'docker-compose.yml', /mem_limit: (\d+)m\b/g],
  ] as const) {
    it(`in ${path} fits into the memory of its container at worst`, () => {
      const loaded = load(path, texts[path]!());
      assert.ok(loaded.kind === 'loaded');
      const limits = [...readRepositoryFile(file).matchAll(pattern)];
      const mebibytes = Math.min(...limits.map(([, limit]) => Number(limit)));
      assertFits(worstCaseMemory(loaded.config), mebibytes * 1024 * 1024);
    });
  }
});

function load(path: string, text: string): LoadResult {
  return loadConfig({ path, env: {}, readFile: () => Buffer.from(text) });
}

function fromConfigMap(path: string): string {
  const maps = parseAllDocuments(readRepositoryFile(path)).map(
    (document) => document.toJS() as { readonly data?: Readonly<Record<string, string>> },
  );
  return maps.flatMap(({ data }) => data?.['twinspan.yaml'] ?? [])[0] ?? '';
}
