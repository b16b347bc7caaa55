/**
 * The schema as a list of keys: what documentation, environment, suggestions and reload are made from, so
 * that none of them has a list of its own.
 */
import { z } from 'zod';

import type { FieldNotes } from './fields.ts';
import type { Path } from './path.ts';
import { configSchema } from './schema.ts';

/** Stands in `Field.path` for any index of a list. */
export const anyIndex = '[]';
/** Stands in `Field.path` for any key of a mapping whose keys are the user's. */
export const anyKey = '*';

export interface Field {
  /** Keys from the root; `[]` for an index, `*` for a key of the user's. */
  readonly path: readonly string[];
  /** A value, or something that has fields of its own. */
  readonly kind: 'value' | 'section' | 'list' | 'map';
  /** Kind of value in a word or two. */
  readonly type: string;
  /** Bounds or allowed values, in words. */
  readonly values: string;
  /** As it would be written, or in words; absent when there is none. */
  readonly default?: string;
  readonly required: boolean;
  readonly reloadable: boolean;
  readonly description: string;
  /** What a single text of the environment becomes; absent where one is not enough. */
  readonly scalar?: 'text' | 'number' | 'boolean';
}

/** Every key of the schema, in the order of the file, sections before their keys. */
export const fields: readonly Field[] = fieldsOf(configSchema, []);

/** Names of the keys that may stand below `path`. */
export function childNames(path: Path): string[] {
  const children = fields.filter(
    (field) => field.path.length === path.length + 1 && isAt(field.path.slice(0, -1), path),
  );
  return children.map((field) => field.path.at(-1)!).filter((name) => name !== anyKey);
}

/** Whether `path` is one that `pattern`, a `Field.path` or the start of one, stands for. */
export function isAt(pattern: readonly string[], path: Path): boolean {
  return (
    pattern.length === path.length &&
    pattern.every((part, index) => {
      const actual = path[index];
      if (typeof actual === 'number') return part === anyIndex;
      return part === anyKey || part === actual;
    })
  );
}

interface Unwrapped {
  readonly schema: z.core.$ZodTypes;
  readonly notes: FieldNotes;
  readonly required: boolean;
}

function fieldsOf(schema: z.core.$ZodType, path: readonly string[]): Field[] {
  const unwrapped = unwrap(schema as z.core.$ZodTypes);
  const { def } = unwrapped.schema._zod;
  const own = path.length === 0 ? [] : [fieldOf(unwrapped, path)];
  if (def.type === 'object') {
    const children = Object.entries(def.shape);
    return [...own, ...children.flatMap(([key, child]) => fieldsOf(child, [...path, key]))];
  }
  if (def.type === 'array') return [...own, ...inner(def.element, [...path, anyIndex])];
  if (def.type === 'record') return [...own, ...inner(def.valueType, [...path, anyKey])];
  return own;
}

/** Keys inside an item or entry; the item itself has no name to be listed by. */
function inner(schema: z.core.$ZodType, path: readonly string[]): Field[] {
  if (unwrap(schema as z.core.$ZodTypes).schema._zod.def.type !== 'object') return [];
  return fieldsOf(schema, path).slice(1);
}

function fieldOf({ schema, notes, required }: Unwrapped, path: readonly string[]): Field {
  const scalar = notes.scalar ?? scalarOf(schema);
  return {
    path,
    kind: kindOf(schema),
    type: notes.type ?? 'mapping',
    values: notes.values ?? '',
    ...(notes.default !== undefined && { default: notes.default }),
    required,
    reloadable: notes.reloadable ?? false,
    description: notes.description ?? '',
    ...(scalar !== undefined && { scalar }),
  };
}

/** Goes through what wraps a schema (defaults, transforms); the outermost note on a subject wins. */
function unwrap(schema: z.core.$ZodTypes): Unwrapped {
  const notes = (z.globalRegistry.get(schema) ?? {}) as FieldNotes;
  const { def } = schema._zod;
  if (def.type === 'prefault') {
    const inside = unwrap(def.innerType as z.core.$ZodTypes);
    const written = { default: formatDefault(def.defaultValue) };
    return { ...inside, notes: { ...inside.notes, ...written, ...notes }, required: false };
  }
  if (def.type === 'optional' || def.type === 'nullable') {
    const inside = unwrap(def.innerType as z.core.$ZodTypes);
    const required = def.type === 'nullable' && inside.required;
    return { ...inside, notes: { ...inside.notes, ...notes }, required };
  }
  if (def.type === 'pipe') {
    const before = def.in as z.core.$ZodTypes;
    const preprocessed = before._zod.def.type === 'transform';
    const inside = unwrap(preprocessed ? (def.out as z.core.$ZodTypes) : before);
    return { ...inside, notes: { ...inside.notes, ...notes } };
  }
  return { schema, notes, required: true };
}

function kindOf(schema: z.core.$ZodTypes): Field['kind'] {
  const { def } = schema._zod;
  if (def.type === 'object') return 'section';
  if (def.type === 'array' && inner(def.element, []).length > 0) return 'list';
  if (def.type === 'record' && inner(def.valueType, []).length > 0) return 'map';
  return 'value';
}

function scalarOf(schema: z.core.$ZodTypes): Field['scalar'] {
  const { type } = schema._zod.def;
  if (type === 'string' || type === 'enum') return 'text';
  return type === 'number' || type === 'boolean' ? type : undefined;
}

function formatDefault(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(', ')}]`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
