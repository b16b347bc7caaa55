/**
 * HTTP header or trailer fields in the order in which they stood on the wire, duplicates kept. Names are
 * lower case; values hold one character per byte (latin1), because RFC 9110 field values are bytes and
 * Envoy hands them over as bytes. Nothing here indexes by name into an object, so a field that is called
 * `__proto__` is a field like any other.
 */
export class HeaderList {
  static readonly empty = new HeaderList([]);

  /** Alternating name, value, name, value. */
  readonly flat: readonly string[];

  /** Takes ownership of `flat`: the caller must not change it afterwards. */
  constructor(flat: readonly string[]) {
    this.flat = flat;
  }

  static fromPairs(pairs: Iterable<readonly [string, string]>): HeaderList {
    const flat: string[] = [];
    for (const [name, value] of pairs) flat.push(name.toLowerCase(), value);
    return new HeaderList(flat);
  }

  /** Number of fields. */
  get length(): number {
    return this.flat.length / 2;
  }

  /** The first value of `name` (lower case), or undefined. */
  get(name: string): string | undefined {
    const { flat } = this;
    for (let index = 0; index < flat.length; index += 2) {
      if (flat[index] === name) return flat[index + 1];
    }
    return undefined;
  }

  /** All values of `name` (lower case), in order. */
  getAll(name: string): string[] {
    const values: string[] = [];
    const { flat } = this;
    for (let index = 0; index < flat.length; index += 2) {
      if (flat[index] === name) values.push(flat[index + 1]!);
    }
    return values;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    const { flat } = this;
    for (let index = 0; index < flat.length; index += 2) yield [flat[index]!, flat[index + 1]!];
  }
}
