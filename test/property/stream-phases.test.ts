import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { advance, type PartKind, type Phase } from '../../src/stream/phases.ts';

interface Part {
  readonly kind: PartKind;
  readonly end: boolean;
}

/** The parts of one direction as Envoy can send them: any of the three may be missing, the last one ends it. */
function direction(side: 'request' | 'response'): fc.Arbitrary<Part[]> {
  return fc
    .record({ headers: fc.boolean(), chunks: fc.nat(4), trailers: fc.boolean() })
    .filter(({ headers, chunks, trailers }) => headers || chunks > 0 || trailers)
    .map(({ headers, chunks, trailers }) => {
      const kinds: PartKind[] = [
        ...(headers ? [`${side}_headers` as const] : []),
        ...Array.from({ length: chunks }, () => `${side}_body` as const),
        ...(trailers ? [`${side}_trailers` as const] : []),
      ];
      return kinds.map((kind, index) => ({
        kind,
        end: index === kinds.length - 1 && !kind.endsWith('trailers'),
      }));
    });
}

/** Both directions, each in its own order, interleaved by `choices`. */
function interleave(first: readonly Part[], second: readonly Part[], choices: boolean[]): Part[] {
  const left = [...first];
  const right = [...second];
  const merged: Part[] = [];
  for (let step = 0; left.length > 0 || right.length > 0; step += 1) {
    const takeLeft = right.length === 0 || (left.length > 0 && choices[step] === true);
    merged.push((takeLeft ? left : right).shift()!);
  }
  return merged;
}

function run(parts: readonly Part[]): Phase[] {
  let phase: Phase = 'opening';
  return parts.map(({ kind, end }) => (phase = advance(phase, kind, end)));
}

const exchange = fc
  .tuple(direction('request'), direction('response'), fc.array(fc.boolean(), { minLength: 12 }))
  // The end of a response that came before anything of its request is the end of an exchange without one.
  .map(([request, response, choices]) => {
    const [first, ...rest] = request;
    return [first!, ...interleave(rest, response, choices)];
  });

test('any interleaving of a request and its response is complete with its last part, and not before', () => {
  fc.assert(
    fc.property(exchange, (parts) => {
      const phases = run(parts);
      assert.equal(phases.at(-1), 'complete');
      for (const phase of phases.slice(0, -1)) {
        assert.ok(phase !== 'complete' && phase !== 'out_of_order', phase);
      }
    }),
  );
});

test('an exchange awaits its request exactly while the response alone has ended', () => {
  fc.assert(
    fc.property(exchange, (parts) => {
      const phases = run(parts);
      const lastOf = (side: string): number =>
        parts.findLastIndex(({ kind }) => kind.startsWith(side));
      for (const [index, phase] of phases.entries()) {
        const awaits = index >= lastOf('response') && index < lastOf('request');
        assert.equal(phase === 'awaiting_request', awaits);
      }
    }),
  );
});

test('a response without a request is complete with its own last part', () => {
  fc.assert(
    fc.property(direction('response'), (parts) => {
      const phases = run(parts);
      assert.equal(phases.indexOf('complete'), parts.length - 1);
    }),
  );
});

test('whatever comes after a complete exchange is out of order', () => {
  fc.assert(
    fc.property(exchange, direction('request'), direction('response'), (parts, more, andMore) => {
      for (const extra of [...more, ...andMore]) {
        assert.equal(run([...parts, extra]).at(-1), 'out_of_order');
      }
    }),
  );
});

test('a part that is repeated after the end of its direction is out of order', () => {
  fc.assert(
    fc.property(exchange, fc.nat(), (parts, pick) => {
      const last = parts.findLastIndex(({ kind }) => kind.startsWith('request'));
      const own = parts.filter(({ kind }) => kind.startsWith('request'));
      const again = own[pick % own.length]!;
      const phases = run([...parts.slice(0, last + 1), again]);
      assert.equal(phases.at(-1), 'out_of_order');
    }),
  );
});
