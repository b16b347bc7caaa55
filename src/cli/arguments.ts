/** Reading the options of a command, with errors that name the option and what is known. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

import { messageOf, TwinspanError } from '../base/errors.ts';

/** @throws TwinspanError `usage` for an unknown option, a missing value or a word too many */
export function parseOptions<Options extends NonNullable<ParseArgsConfig['options']>>(
  command: string,
  args: string[],
  options: Options,
) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const known = Object.keys(options).map((name) => `--${name}`);
    // The first sentence of Node's message names the option; the rest is advice about its own API.
    const reason = messageOf(error).split('. ')[0];
    throw new TwinspanError('usage', `${command}: ${reason}; options are ${known.join(', ')}`, {
      cause: error,
    });
  }
}

/** @throws TwinspanError `usage` when the option was not given */
export function required(command: string, name: string, value: string | undefined): string {
  if (value === undefined || value === '') {
    throw new TwinspanError('usage', `${command}: --${name} is needed`);
  }
  return value;
}
