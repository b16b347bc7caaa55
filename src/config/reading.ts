/**
 * What a text of the configuration was read as: a value, or what is wrong with it. Every small syntax of the
 * configuration (units, addresses, templates, header names) is a pure function from text to a reading.
 */

/** A problem's message goes on after the name of the key: "must start with "/"", not a whole sentence. */
export type Reading<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'problem'; readonly message: string };

export function valueOf<T>(value: T): Reading<T> {
  return { kind: 'value', value };
}

export function problemOf(message: string): Reading<never> {
  return { kind: 'problem', message };
}
