/**
 * Where a value stands in the configuration: `['routes', 0, 'match', 'path']`, written `routes[0].match.path`.
 */
export type Path = readonly (string | number)[];

/** Keys that are no plain words are written in brackets and quotes. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (!/^[\w-]{1,64}$/.test(part)) text += `[${JSON.stringify(clip(part))}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/** True when `path` is `start` or lies below it. */
export function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((part, index) => part === path[index]);
}

/** What stands at `path`, or undefined; own keys only. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) {
      return undefined;
    }
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

function clip(key: string): string {
  return key.length <= 64 ? key : `${key.slice(0, 64)}…`;
}
