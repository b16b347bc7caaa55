/**
 * YAML 1.2 (and so JSON) → plain values, with the line of each. Hostile input is bounded: the text by the
 * caller, aliases by a count, and keys cannot reach a prototype.
 */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml';

import { messageOf } from '../base/errors.ts';
import type { Path } from './path.ts';

/**
 * How many aliases there may be, and how often all anchors may be repeated by aliases within aliases: a short
 * file could stand for gigabytes, and resolving takes time by the square of their number.
 */
const maxAliases = 100;

export interface YamlProblem {
  readonly message: string;
  readonly line?: number;
}

export type YamlReading =
  | {
      readonly kind: 'read';
      readonly value: unknown;
      /** Keys that stand twice in one mapping; `value` has the later ones. */
      readonly problems: readonly YamlProblem[];
      /** Line of what stands at a path, or of the nearest thing around it; absent when that is everything. */
      readonly lineOf: (path: Path) => number | undefined;
      /** Whether a key at the top says `true`, once at least. */
      readonly saysTrue: (key: string) => boolean;
    }
  | {
      readonly kind: 'unreadable';
      readonly problem: YamlProblem;
      /** As far as it could be read. */
      readonly saysTrue: (key: string) => boolean;
    };

/** Of syntax errors the first alone is told, since the others mostly follow from it. */
export function readYaml(text: string): YamlReading {
  try {
    return read(text);
  } catch (error) {
    // The parser recurses: a text that is nested deep enough exhausts the stack.
    const message =
      error instanceof RangeError
        ? 'nested too deep'
        : `cannot be read as YAML: ${messageOf(error)}`;
    return unreadable({ message }, () => false);
  }
}

function read(text: string): YamlReading {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    resolveKnownTags: false,
    stringKeys: true,
    // The parser's own check needs quadratic time; `inspect` needs linear time.
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
  });
  const [first] = [...document.errors, ...document.warnings];
  const saysTrue = (key: string): boolean => isTrueAtTop(document, key);
  if (first !== undefined) {
    const { line } = lines.linePos(first.pos[0]);
    return unreadable({ message: textOf(first), line }, saysTrue);
  }
  const { problems, aliases } = inspect(document, lines);
  if (aliases > maxAliases)
    return unreadable({ message: `more than ${maxAliases} aliases (*name)` }, saysTrue);
  const value: unknown = document.toJS({ maxAliasCount: maxAliases });
  return {
    kind: 'read',
    value,
    problems,
    lineOf: (path) => lineOf(document, lines, path),
    saysTrue,
  };
}

function unreadable(problem: YamlProblem, saysTrue: (key: string) => boolean): YamlReading {
  return { kind: 'unreadable', problem, saysTrue };
}

/** Of a key that stands twice, one is enough. */
function isTrueAtTop({ contents }: Document, name: string): boolean {
  if (!isMap(contents)) return false;
  return contents.items.some(
    ({ key, value }) =>
      isScalar(key) && key.value === name && isScalar(value) && value.value === true,
  );
}

function textOf({ code, message }: YAMLParseError | YAMLWarning): string {
  if (code === 'RESOURCE_EXHAUSTION') return 'nested too deep';
  if (code === 'MULTIPLE_DOCS')
    return 'more than one YAML document: "---" may only be the first line';
  return `not valid YAML: ${message}. Text that holds ": " or " #", or begins with a character such as * & ! % @ { [, must stand in quotes`;
}

function inspect(document: Document, lines: LineCounter) {
  const problems: YamlProblem[] = [];
  let aliases = 0;
  visit(document, {
    Alias: () => {
      aliases += 1;
    },
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : undefined;
        if (seen.has(name)) {
          const message = `the key ${String(name)} stands twice in one mapping`;
          problems.push({ message, line: lineAt(lines, key) ?? 1 });
        }
        seen.add(name);
      }
    },
  });
  return { problems, aliases };
}

function lineOf(document: Document, lines: LineCounter, path: Path): number | undefined {
  let node: unknown = document.contents;
  let line: number | undefined;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(part),
      );
      if (pair === undefined) return line;
      line = lineAt(lines, pair.key) ?? line;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      node = node.items[part];
      line = lineAt(lines, node) ?? line;
    } else {
      return line;
    }
  }
  return line;
}

function lineAt(lines: LineCounter, node: unknown): number | undefined {
  const offset = isNode(node) ? node.range?.[0] : undefined;
  return offset === undefined ? undefined : lines.linePos(offset).line;
}
