import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TwinspanError } from '../../../src/base/errors.ts';
import { parseOptions, required } from '../../../src/cli/arguments.ts';

const options = { config: { type: 'string', short: 'c' }, strict: { type: 'boolean' } } as const;

function usageError(message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof TwinspanError && error.code === 'usage' && message.test(error.message);
}

test('options are read in their long and short forms', () => {
  const read = (...args: string[]): object => ({ ...parseOptions('check', args, options) });
  assert.deepEqual(read('--config', 'a.yaml', '--strict'), { config: 'a.yaml', strict: true });
  assert.deepEqual(read('--config=a.yaml'), { config: 'a.yaml' });
  assert.deepEqual(read('-c', 'a.yaml'), { config: 'a.yaml' });
  assert.deepEqual(read(), {});
});

test('what is no option is a usage error that names the command, the word and the options', () => {
  for (const [args, word] of [
    [['--confg', 'a'], '--confg'],
    [['--strict=yes'], '--strict'],
    [['--config'], '--config'],
    [['a.yaml'], 'a\\.yaml'],
  ] as const) {
    assert.throws(
      () => parseOptions('check', [...args], options),
      usageError(new RegExp(`^check: .*${word}.*; options are --config, --strict$`, 's')),
      args.join(' '),
    );
  }
});

test('an option that is needed and not given, or empty, is a usage error', () => {
  assert.equal(required('serve', 'config', 'a.yaml'), 'a.yaml');
  for (const value of [undefined, '']) {
    assert.throws(
      () => required('serve', 'config', value),
      usageError(/^serve: --config is needed$/),
    );
  }
});
