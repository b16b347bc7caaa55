/**
 * The building blocks of the schema. Each block reads one kind of value, says in plain words what it
 * expected when it finds something else, and carries what the documentation needs to know about it. None of
 * them stops at its first problem, so that a file's errors can be reported all at once.
 */
import { z } from 'zod';

import type { Reading } from './reading.ts';
import { durationSyntax, parseDuration, parseSize, sizeSyntax } from './units.ts';

/** What a schema's metadata says, for documentation, environment and reload. A type, since zod's own has an index signature. */
export type FieldNotes = {
  /** One sentence, or a few. */
  readonly description?: string;
  /** Whether a change takes effect without a restart. */
  readonly reloadable?: boolean;
  /** Kind of value in a word or two. */
  readonly type?: string;
  /** Bounds or allowed values, in words. */
  readonly values?: string;
  /** Default in words, where it is not a fixed value. */
  readonly default?: string;
  /** Set when the whole section may also be written as a single text. */
  readonly scalar?: 'text';
};

/** Notes of a key that takes effect when the file is reloaded. */
export function atReload(description: string): FieldNotes {
  return { description, reloadable: true };
}

/** Notes of a key that takes effect at the next start. */
export function atStart(description: string): FieldNotes {
  return { description, reloadable: false };
}

/** A mapping with these keys and no others. */
export function section<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, { error: (issue) => mismatch(issue.input, 'a mapping of keys') });
}

/** Text of 1 to `maxLength` characters without control characters. */
export function text(maxLength = 256) {
  return reading({ type: 'text', values: `1 to ${maxLength} characters` }, 'text', (input) => {
    // Control characters in a name or path are a slip of the editor, and would reach logs and headers.
    const valid = input.length >= 1 && input.length <= maxLength && !/\p{Cc}/u.test(input);
    if (valid) return { kind: 'value', value: input };
    return {
      kind: 'problem',
      message: `must have 1 to ${maxLength} characters, and no control characters`,
    };
  });
}

/** A text that `read` turns into its value. `expected` goes on after "must be". */
export function reading<T>(
  notes: FieldNotes,
  expected: string,
  read: (input: string) => Reading<T>,
  due: 'text' | 'unit' = 'text',
): z.ZodType<T, string> {
  return z
    .string({ error: (issue) => mismatch(issue.input, expected, due) })
    .transform((input, context) => {
      const result = read(input);
      if (result.kind === 'value') return result.value;
      context.addIssue({ code: 'custom', message: result.message });
      return z.NEVER;
    })
    .meta({ ...notes });
}

/** Text with a unit → milliseconds; the bounds are written the same way. */
export function duration(least: string, most: string) {
  const notes = { type: 'duration', values: `${least} to ${most}` };
  return reading(notes, durationSyntax, within(parseDuration, least, most), 'unit');
}

/** Text with a unit → bytes; the bounds are written the same way. */
export function size(least: string, most: string) {
  const notes = { type: 'size', values: `${least} to ${most}` };
  return reading(notes, sizeSyntax, within(parseSize, least, most), 'unit');
}

export function integer(least: number, most: number) {
  return bounded('whole number', least === most ? `${least}` : `${least} to ${most}`, (input) => {
    return Number.isSafeInteger(input) && input >= least && input <= most;
  });
}

export function decimal(least: number, most: number) {
  return bounded('number', `${least} to ${most}`, (input) => input >= least && input <= most);
}

/** A number above 0 and at most `most`. */
export function positive(most: number) {
  return bounded('number', `above 0, at most ${most}`, (input) => input > 0 && input <= most);
}

export function flag() {
  return z
    .boolean({ error: (issue) => mismatch(issue.input, 'true or false') })
    .meta({ type: 'boolean', values: 'true, false' });
}

export function choice<const Value extends string>(values: readonly Value[]) {
  const words = values.join(', ');
  return z
    .enum(values, { error: (issue) => mismatch(issue.input, `one of ${words}`) })
    .meta({ type: 'word', values: words });
}

/** A check that also runs on a list or mapping with problems inside, which may be of another type altogether. */
const evenIfUnsound = { when: () => true };

/** A list of at most `most` items, `noun` being their plural. */
export function list<Item extends z.ZodType>(item: Item, noun: string, most: number, least = 0) {
  const bounds = least === 0 ? `at most ${most}` : `${least} to ${most}`;
  return z
    .array(item, { error: (issue) => mismatch(issue.input, `a list of ${noun}`) })
    .superRefine((items, context) => {
      if (!Array.isArray(items) || (items.length >= least && items.length <= most)) return;
      context.addIssue({ code: 'custom', message: `must hold ${bounds} ${noun}` });
    }, evenIfUnsound)
    .meta({ type: `list of ${noun}`, values: bounds });
}

/** A mapping from names, each read by `readKey`, to values; `noun` being the plural of its entries. */
export function map<Value extends z.ZodType>(
  readKey: (key: string) => Reading<string>,
  value: Value,
  noun: string,
  most: number,
) {
  return z
    .record(z.string(), value, { error: (issue) => mismatch(issue.input, `a mapping of ${noun}`) })
    .superRefine((entries, context) => {
      if (typeof entries !== 'object' || entries === null) return;
      const names = Object.keys(entries);
      if (names.length > most) {
        context.addIssue({ code: 'custom', message: `must hold at most ${most} ${noun}` });
      }
      const seen = new Set<string>();
      for (const name of names) {
        const key = readKey(name);
        const message = key.kind === 'problem' ? key.message : 'is there twice';
        if (key.kind === 'value' && !seen.has(key.value)) seen.add(key.value);
        else context.addIssue({ code: 'custom', path: [name], message });
      }
    }, evenIfUnsound)
    .transform((entries) => {
      const read = Object.entries(entries).map(([name, entry]) => {
        const key = readKey(name);
        return [key.kind === 'value' ? key.value : name, entry] as const;
      });
      return Object.fromEntries(read);
    })
    .meta({ type: `map of ${noun}`, values: `at most ${most}` });
}

function bounded(type: string, bounds: string, holds: (input: number) => boolean) {
  const expected = `a ${type}, ${bounds}`;
  return z
    .number({ error: (issue) => mismatch(issue.input, expected) })
    .refine(holds, { error: `must be ${expected}` })
    .meta({ type, values: bounds });
}

function within(
  parse: (input: string) => Reading<number>,
  least: string,
  most: string,
): (input: string) => Reading<number> {
  const [lower, upper] = [parse(least), parse(most)];
  if (lower.kind === 'problem' || upper.kind === 'problem') {
    throw new Error(`bounds ${least} and ${most} do not parse`);
  }
  return (input) => {
    const result = parse(input);
    if (result.kind === 'problem') return result;
    const holds = result.value >= lower.value && result.value <= upper.value;
    return holds ? result : { kind: 'problem', message: `must be ${least} to ${most}` };
  };
}

/**
 * What to say of a value of the wrong kind; `due` tells what a YAML writer most likely forgot. The value is not
 * repeated, since it may be a secret.
 */
function mismatch(input: unknown, expected: string, due: 'text' | 'unit' | 'other' = 'other') {
  if (input === undefined) return `is required: ${expected}`;
  if (input === null) return `is empty: it must be ${expected}, or its key must go`;
  if (typeof input === 'number' || typeof input === 'boolean') {
    if (due === 'text') return `must be ${expected}: write it in quotes`;
    if (due === 'unit') return `has no unit: it must be ${expected}`;
  }
  if (typeof input === 'string' && input.trim() !== '' && !Number.isNaN(Number(input))) {
    return `must be ${expected}, without quotes`;
  }
  if (Array.isArray(input)) return `must be ${expected}, not a list`;
  return typeof input === 'object' ? `must be ${expected}, not a mapping` : `must be ${expected}`;
}
