/**
 * `TWINSPAN_<PATH>`: single values of the configuration from the environment, which win over the file. The
 * names are those of the keys, split at capitals: `capture.maxBodyBytes` is
 * `TWINSPAN_CAPTURE_MAX_BODY_BYTES`. Lists and what stands inside them (the routes) come from the file alone.
 */
import { nearestName } from './nearest-name.ts';
import { formatPath, valueAt, type Path } from './path.ts';
import { anyIndex, anyKey, fields, type Field } from './schema-fields.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentProblem {
  readonly variable: string;
  readonly message: string;
}

export interface Overlay {
  /** What the file stated, with the variables' values in their places. */
  readonly value: unknown;
  /** Which variable gave what stands at a path (as written by `formatPath`). */
  readonly variables: ReadonlyMap<string, string>;
  readonly problems: readonly EnvironmentProblem[];
}

const prefix = 'TWINSPAN_';

/** Variables of this prefix that are no configuration: where binaries are, and where applications report. */
const others = new Set([
  'TWINSPAN_BIN_ENVOY',
  'TWINSPAN_BIN_JAEGER',
  'TWINSPAN_BIN_TEMPO',
  'TWINSPAN_ENVOY',
  'TWINSPAN_INTAKE_URL',
]);

const fieldOfVariable: ReadonlyMap<string, Field> = new Map(
  fields.filter(isSettable).map((field) => [variableOf(field.path), field]),
);

/** `stated` is not changed. An empty variable counts as unset. */
export function overlayEnvironment(stated: unknown, env: Environment): Overlay {
  let value = stated;
  const variables = new Map<string, string>();
  const problems: EnvironmentProblem[] = [];
  // Sorted, so that a section's own variable comes before those of its keys.
  for (const variable of Object.keys(env).sort()) {
    const text = env[variable];
    if (!variable.startsWith(prefix) || others.has(variable) || text === undefined) continue;
    const field = fieldOfVariable.get(variable);
    if (field === undefined) {
      problems.push({ variable, message: unknownVariable(variable) });
    } else if (text !== '') {
      const inside = field.path.length > 1 ? withListenSpelledOut(value) : value;
      value = withValue(inside, field.path, scalarFrom(field, text));
      variables.set(formatPath(field.path), variable);
    }
  }
  return { value, variables, problems };
}

/** The variable that sets the key at `path`. */
export function variableOf(path: readonly string[]): string {
  const words = path.map((part) => part.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase());
  return prefix + words.join('_');
}

/** Whether one text of the environment is enough for a key. */
export function isSettable({ path, scalar }: Field): boolean {
  return scalar !== undefined && !path.includes(anyIndex) && !path.includes(anyKey);
}

function unknownVariable(variable: string): string {
  if (variable.startsWith(`${prefix}ROUTES_`)) {
    return 'unknown variable: routes are stated in the file alone';
  }
  const near = nearestName(
    variable.slice(prefix.length),
    [...fieldOfVariable.keys()].map((name) => name.slice(prefix.length)),
  );
  const hint = near === undefined ? '' : `: did you mean ${prefix}${near}?`;
  return `unknown variable${hint}`;
}

/** What does not look like its kind stays text, for the schema to complain about. */
function scalarFrom({ scalar, values }: Field, text: string): unknown {
  if (scalar === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (scalar === 'number') {
    if (text === 'null' && values.includes('null')) return null;
    if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
  }
  return text;
}

/** `listen: ADDRESS` is short for a section, into which a variable may put TLS. */
function withListenSpelledOut(root: unknown): unknown {
  const address = valueAt(root, ['listen']);
  return typeof address === 'string' ? withValue(root, ['listen'], { address }) : root;
}

/** A copy of `root` in which `value` stands at `path`; sections that are not there are made. */
function withValue(root: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (root !== undefined && root !== null && (typeof root !== 'object' || Array.isArray(root))) {
    return root;
  }
  const section = (root ?? {}) as Record<string, unknown>;
  const inside = Object.hasOwn(section, key) ? section[key] : undefined;
  return { ...section, [key]: withValue(inside, rest, value) };
}
