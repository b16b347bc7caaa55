/** What the Dockerfile promises, as far as it can be told without building it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { readRepositoryFile } from './compose-file.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

describe('the Dockerfile', () => {
  const text = readRepositoryFile('Dockerfile');
  const stages = text.split(/^(?=FROM )/m).slice(1);
  const named = (name: string) => stages.find((stage) => stage.includes(` AS ${name}\n`)) ?? '';

  it('takes the Node of .nvmrc, by its exact version', () => {
    const node = `node:${readRepositoryFile('.nvmrc').trim()}-slim`;
    for (const [, image] of text.matchAll(/^FROM (\S+)/gm)) {
      if (named(image!) === '') assert.equal(image, node);
    }
  });

  it('runs no install script of any package', () => {
    for (const line of text.match(/npm ci.*/g) ?? []) assert.match(line, /--ignore-scripts/);
  });

  it('leaves tools, sources and the Node that is an optional package out of the sidecar', () => {
    const sidecar = named('twinspan');
    assert.deepEqual(sidecar.match(/^COPY .*/gm), [
      'COPY --from=runtime-packages /app/node_modules node_modules',
      'COPY --from=build /app/dist .',
    ]);
    assert.match(named('runtime-packages'), /npm ci .*--omit=dev --omit=optional/);
  });

  it('runs as a user that is not root, by number', () => {
    for (const stage of [named('twinspan'), named('demo')]) {
      assert.match(stage, /^USER [1-9]\d*:[1-9]\d*$/m);
    }
  });

  it('opens no debugger on a signal', () => {
    assert.match(named('twinspan'), /^ENTRYPOINT \["node", "--disable-sigusr1", /m);
  });

  it('asks for health at the ops port and not at the one that customers pass', () => {
    const [healthcheck = ''] = /^HEALTHCHECK [\s\S]*?\n(?=[A-Z])/m.exec(named('twinspan')) ?? [];
    assert.match(healthcheck, /127\.0\.0\.1:9464\/healthz/);
    assert.doesNotMatch(healthcheck, /9002/);
  });

  it('copies nothing that .dockerignore keeps out, and nothing that is not there', () => {
    const allowed = readRepositoryFile('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const sources = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
      .flatMap(([, paths]) => paths!.split(' '))
      .filter((path) => path !== '.');
    for (const path of sources) {
      assert.ok(allowed.includes(path), path);
      assert.ok(existsSync(join(repository, path)), path);
    }
  });
});
