/** A configuration compiled without the stations, for tests of what hangs on it. */
import assert from 'node:assert/strict';

import { compileGeneration, type Generation, type GenerationSeams } from '../../src/generation.ts';
import { configOf, type Sections } from './twinspan.ts';

/** Everything passes, nothing is compared, and every trouble is a failure of the test. */
export const generationSeams: GenerationSeams = {
  instance: 'a',
  hmacKey: Buffer.from('a'),
  paused: () => false,
  wallNow: () => 0,
  pressure: () => undefined,
  compare: () => assert.fail('nothing is compared here'),
  onTrouble: (error) => assert.fail(String(error)),
};

export function generationWith(
  sections: Sections,
  over: Partial<GenerationSeams> = {},
): Generation {
  return compileGeneration(configOf(sections).config, { ...generationSeams, ...over });
}
