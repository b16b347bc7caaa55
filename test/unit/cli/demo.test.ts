import assert from 'node:assert/strict';
import { test } from 'node:test';

import { demo } from '../../../src/cli/demo.ts';

test('a length that is no number of seconds from 1 to 3600 is a usage error, before anything starts', async () => {
  for (const seconds of ['0', '-1', '3601', 'many', '', 'NaN']) {
    await assert.rejects(demo([`--seconds=${seconds}`]), {
      code: 'usage',
      message: `demo: --seconds is "${seconds}", it must be a number from 1 to 3600`,
    });
  }
});

test('an option that the demo does not have is a usage error', async () => {
  await assert.rejects(demo(['--minutes', '1']), { code: 'usage' });
});
