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
  const found = experiments.of(generation, { exchange: live('1.5'), shadow });
  assert.deepEqual([found?.live.version, found?.shadow.version], ['1.5', '2.1']);
  assert.equal(experiments.current(generation), found);
});

test('a shadow that fails counts in the experiment of the version that answered last', () => {
  const experiments = new Experiments();
  const found = experiments.of(generation, {
    exchange: live('1.5'),
    shadow: answer({ headers: told('2.1') }),
  });
  const failed = experiments.of(generation, {
    exchange: live('1.5'),
    shadow: failure('shadow_timeout', 'timeout'),
  });
  assert.equal(failed?.id, found?.id);
  const next = experiments.of(generation, {
    exchange: live('1.5'),
    shadow: answer({ headers: told('3') }),
  });
  assert.notEqual(next?.id, found?.id);
});

test('an answer without the header changes nothing of what is known', () => {
  const experiments = new Experiments();
  const found = experiments.of(generation, {
    exchange: live('1.5'),
    shadow: answer({ headers: told('2.1') }),
  });
  const silent = experiments.of(generation, { exchange: exchange(), shadow: answer() });
  assert.equal(silent?.id, found?.id);
});

test('a canary and the control are in no experiment, and tell nothing of its versions', () => {
  const experiments = new Experiments();
  const headers = told('9');
  const canary = exchange({ mode: 'canary', response: response({ headers }) });
  assert.equal(experiments.of(generation, { exchange: canary, shadow: answer() }), undefined);
  const control = answer({ headers, duplicate: duplicate('control') });
  assert.equal(experiments.of(generation, { exchange: exchange(), shadow: control }), undefined);
  assert.equal(experiments.current(generation).shadow.version, '2');
});
