/** What is wrong with a configuration whose every value is right by itself. */
import type { Path } from './path.ts';

/** A rule that is broken: where, and what to do about it. */
export interface Breach {
  readonly path: Path;
  readonly message: string;
}
