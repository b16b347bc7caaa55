import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../src/base/header-list.ts';
import { Experiments } from '../../src/experiments.ts';
import { generationWith } from '../kit/generation.ts';
import { answer, duplicate, exchange, failure, response } from './telemetry/finished-pairs.ts';

const generation = generationWith({
  live: { name: 'm', version: '1', versionHeader: 'x-version' },
  shadow: { name: 'm', version: '2', versionHeader: 'x-version', url: 'http://127.0.0.1:1' },
  routes: [{ name: 'all', match: { path: '/**' } }],
});

const told = (version: string): HeaderList => new HeaderList(['x-version', version]);
const live = (version: string) => exchange({ response: response({ headers: told(version) }) });

test('before any answer an experiment has the versions of the configuration', () => {
  const { live, shadow } = new Experiments().current(generation);
  assert.deepEqual(
    [live, shadow],
    [
      { name: 'm', version: '1' },
      { name: 'm', version: '2' },
    ],
  );
});

test('versions are those that the answers tell', () => {
  const experiments = new Experiments();
  const shadow = answer({ headers: told('2.1') });
  const [found] = experiments.of(generation, { exchange: live('1.5'), shadow });
  assert.deepEqual([found?.live.version, found?.shadow.version], ['1.5', '2.1']);
  assert.equal(experiments.current(generation), found);
});

test('a shadow that fails counts in the experiment of the version that answered last', () => {
  const experiments = new Experiments();
  const [found] = experiments.of(generation, {
    exchange: live('1.5'),
    shadow: answer({ headers: told('2.1') }),
  });
  const [failed] = experiments.of(generation, {
    exchange: live('1.5'),
    shadow: failure('shadow_timeout', 'timeout'),
  });
  assert.equal(failed?.id, found?.id);
  const [next] = experiments.of(generation, {
    exchange: live('1.5'),
    shadow: answer({ headers: told('3') }),
  });
  assert.notEqual(next?.id, found?.id);
});

test('an answer without the header changes nothing of what is known', () => {
  const experiments = new Experiments();
  const [found] = experiments.of(generation, {
    exchange: live('1.5'),
    shadow: answer({ headers: told('2.1') }),
  });
  const [silent] = experiments.of(generation, { exchange: exchange(), shadow: answer() });
  assert.equal(silent?.id, found?.id);
});

test('a canary and the control are in no experiment, and tell nothing of its versions', () => {
  const experiments = new Experiments();
  const headers = told('9');
  const canary = exchange({ mode: 'canary', response: response({ headers }) });
  assert.deepEqual(experiments.of(generation, { exchange: canary, shadow: answer() }), []);
  const control = answer({ headers, duplicate: duplicate('control') });
  assert.deepEqual(experiments.of(generation, { exchange: exchange(), shadow: control }), []);
  assert.equal(experiments.current(generation).shadow.version, '2');
});

const at = (startedAt: number) => exchange({ startedAt });
const timeout = failure('shadow_timeout', 'timeout');
const shadowsOf = (found: readonly { shadow: { version?: string } }[]) =>
  found.map(({ shadow }) => shadow.version);

test('while two versions of the shadow answer, a failure may be of either', () => {
  const experiments = new Experiments();
  const answered = (version: string, startedAt: number) =>
    experiments.of(generation, {
      exchange: at(startedAt),
      shadow: answer({ headers: told(version) }),
    });
  assert.deepEqual(shadowsOf(answered('2', 0)), ['2']);
  assert.deepEqual(shadowsOf(answered('3', 1000)), ['3']);
  const failed = (startedAt: number) =>
    shadowsOf(experiments.of(generation, { exchange: at(startedAt), shadow: timeout }));
  assert.deepEqual(failed(2000), ['3', '2']);
  // An answer that does not tell its version may be of either as well, and one that does is not.
  const silent = experiments.of(generation, { exchange: at(2000), shadow: answer() });
  assert.deepEqual(shadowsOf(silent), ['3', '2']);
  assert.deepEqual(shadowsOf(answered('3', 200_000)), ['3']);
  assert.deepEqual(failed(300_000), ['3', '2']);
  // The rolling update is over.
  assert.deepEqual(failed(300_001), ['3']);
});

test('of many versions those that answered last are known', () => {
  const experiments = new Experiments();
  for (let version = 0; version < 100; version += 1) {
    experiments.of(generation, {
      exchange: at(version),
      shadow: answer({ headers: told(`v${version}`) }),
    });
  }
  const found = shadowsOf(experiments.of(generation, { exchange: at(100), shadow: timeout }));
  assert.equal(found.length, 16);
  assert.deepEqual([found[0], found.at(-1)], ['v99', 'v98']);
});

test('a version that the configuration states owns whatever happens', () => {
  const stated = generationWith({
    live: { name: 'm', version: '1' },
    shadow: { name: 'm', version: '2', url: 'http://127.0.0.1:1' },
    routes: [{ name: 'all', match: { path: '/**' } }],
  });
  const experiments = new Experiments();
  experiments.of(stated, { exchange: at(0), shadow: answer({ headers: told('8') }) });
  experiments.of(stated, { exchange: at(1), shadow: answer({ headers: told('9') }) });
  const found = experiments.of(stated, { exchange: at(2), shadow: timeout });
  assert.deepEqual(shadowsOf(found), ['2']);
});
