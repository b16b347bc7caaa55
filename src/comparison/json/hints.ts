/**
 * What the values of two nodes that differ tell of why they do, without telling them.
 */
import type { Difference } from '../comparison.ts';
import {
  relativeDistance,
  volatilityOfNumbers,
  volatilityOfTexts,
  type Sighting,
} from '../volatility.ts';
import { stringOf, typeOf, type JsonDocument } from './document.ts';
import { lexemeOf } from './text.ts';

/** With its quotes and escapes, no text of a known form is longer. */
const maxBytes = 500;

/** Hints about two nodes of one type. `mayMeasure`: how far two numbers are from each other may be told. */
export function hintsOf(
  live: JsonDocument,
  liveNode: number,
  shadow: JsonDocument,
  shadowNode: number,
  sighting: Sighting,
  mayMeasure: boolean,
): Pick<Difference, 'volatility' | 'relativeDistance'> {
  if (bytesOf(live, liveNode) > maxBytes || bytesOf(shadow, shadowNode) > maxBytes) return {};
  switch (typeOf(live, liveNode)) {
    case 'string': {
      const texts = [stringOf(live, liveNode), stringOf(shadow, shadowNode)] as const;
      const volatility = volatilityOfTexts(...texts, sighting);
      return volatility === undefined ? {} : { volatility };
    }
    case 'number': {
      const numbers = [lexemeOf(live, liveNode), lexemeOf(shadow, shadowNode)] as const;
      const volatility = volatilityOfNumbers(...numbers, sighting);
      const distance = mayMeasure ? relativeDistance(...numbers) : undefined;
      return {
        ...(volatility !== undefined && { volatility }),
        ...(distance !== undefined && { relativeDistance: distance }),
      };
    }
    case 'null':
    case 'boolean':
    case 'array':
    case 'object':
      return {};
  }
}

function bytesOf({ nodes }: JsonDocument, node: number): number {
  return nodes[node + 2]! - nodes[node + 1]!;
}
