import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { BodyBuffer } from '../../src/base/body-buffer.ts';
import { ByteBudget } from '../../src/base/byte-budget.ts';

const chunks = fc.array(
  fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 900, maxLength: 1200 })),
  { maxLength: 12 },
);

test('a body is whole, or a digest of the whole, or gone; never a part of it', () => {
  fc.assert(
    fc.property(
      chunks,
      fc.nat(6000),
      fc.nat(6000),
      fc.constantFrom('discard' as const, 'digest' as const),
      (parts, maxBytes, room, overflow) => {
        const budget = new ByteBudget(room);
        const buffer = new BodyBuffer({ maxBytes, budget, overflow });
        for (const part of parts) {
          buffer.append(part);
          assert.ok(budget.used <= room);
        }
        const whole = Buffer.concat(parts);
        const body = buffer.finish();
        assert.equal(body.length, whole.length);
        assert.equal(buffer.length, whole.length);
        if (whole.length <= maxBytes && whole.length <= room) {
          assert.deepEqual(body.bytes, whole);
          assert.equal(body.bytes?.buffer.byteLength, whole.length);
          assert.equal(budget.used, whole.length);
        } else {
          assert.notEqual(buffer.overflow, undefined);
          assert.equal(body.bytes, undefined);
          const digest = createHash('sha256').update(whole).digest('hex');
          assert.equal(body.sha256, overflow === 'digest' ? digest : undefined);
          assert.equal(budget.used, 0);
        }
        buffer.release();
        assert.equal(budget.used, 0);
      },
    ),
    { numRuns: 500 },
  );
});
