import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { answersAt, type Machine } from '../../src/config/listen-address.ts';

const byte = fc.integer({ min: 0, max: 255 });
const address = fc.tuple(byte, byte, byte, byte);
const empty: Machine = { addresses: [], names: [] };

type Bytes = readonly [number, number, number, number];

function answers(listener: string, host: string, machine: Machine): boolean {
  return answersAt({ kind: 'tcp', host: listener, port: 1 }, host, 1, machine);
}

/** The forms in which URLs take an IPv4 address. */
function spellings([a, b, c, d]: Bytes): string[] {
  const last24 = (b << 16) | (c << 8) | d;
  const whole = a * 2 ** 24 + last24;
  const high = ((a << 8) | b).toString(16);
  const low = ((c << 8) | d).toString(16);
  return [
    `${a}.${b}.${c}.${d}`,
    `${a}.${b}.${c}.${d}.`,
    `0x${a.toString(16)}.0${b.toString(8)}.${c}.0X${d.toString(16).toUpperCase()}`,
    `${a}.${b}.${(c << 8) | d}`,
    `${a}.${last24}`,
    `${whole}`,
    `0x${whole.toString(16)}`,
    `[::ffff:${a}.${b}.${c}.${d}]`,
    `[::FFFF:${high}:${low}]`,
    `[0:0:0:0:0:ffff:${high}:${low}]`,
  ];
}

test('every spelling of an address is that address, for the listener, the target and the machine', () => {
  fc.assert(
    fc.property(address, fc.nat(9), fc.nat(9), (bytes, left, right) => {
      const forms = spellings(bytes);
      assert.equal(answers(forms[left]!, forms[right]!, empty), true);
      const machine = { addresses: [forms[left]!], names: [] };
      assert.equal(answers('0.0.0.0', forms[right]!, machine), true);
    }),
    { numRuns: 1000 },
  );
});

test('two addresses that are not of this machine are the same only when their bytes are', () => {
  fc.assert(
    fc.property(address, address, fc.nat(9), fc.nat(9), (one, other, left, right) => {
      fc.pre([one, other].every(([first]) => first !== 127 && first !== 0));
      const same = one.join() === other.join();
      assert.equal(answers(spellings(one)[left]!, spellings(other)[right]!, empty), same);
    }),
    { numRuns: 1000 },
  );
});

test('every spelling of a loopback address reaches a listener on loopback', () => {
  fc.assert(
    fc.property(byte, byte, byte, fc.nat(9), (b, c, d, form) => {
      for (const listener of ['127.0.0.1', 'localhost', '0.0.0.0', '[::]']) {
        assert.equal(answers(listener, spellings([127, b, c, d])[form]!, empty), true);
      }
    }),
    { numRuns: 500 },
  );
});

test('any text at all as a host is judged and never throws', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ unit: fc.constantFrom('[', ']', ':', '.', '%', '0', 'f', 'x', '@', '/') }),
  );
  fc.assert(
    fc.property(text, text, text, (listener, host, name) => {
      const machine = { addresses: [name], names: [name] };
      assert.equal(typeof answers(listener, host, machine), 'boolean');
      assert.equal(answers(listener, listener, machine), true);
    }),
    { numRuns: 2000 },
  );
});
