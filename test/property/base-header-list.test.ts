import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { HeaderList } from '../../src/base/header-list.ts';

const names = fc.constantFrom('a', 'B', 'x-c', '__proto__', 'constructor');

test('a list gives back the fields it was made of, in order, and finds each by its name', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(names, fc.string({ maxLength: 10 }))), (pairs) => {
      const list = HeaderList.fromPairs(pairs);
      const lower = pairs.map(([name, value]) => [name.toLowerCase(), value]);
      assert.deepEqual([...list], lower);
      assert.deepEqual(new HeaderList(lower.flat()), list);
      assert.equal(list.length, pairs.length);
      for (const name of ['a', 'b', 'x-c', '__proto__', 'constructor', 'other']) {
        const values = lower.filter(([other]) => other === name).map(([, value]) => value);
        assert.deepEqual(list.getAll(name), values);
        assert.equal(list.get(name), values[0]);
        assert.equal(list.has(name), values.length > 0);
      }
    }),
  );
});
