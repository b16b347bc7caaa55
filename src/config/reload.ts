/**
 * What a new configuration changes, and which of that a running twinspan cannot take over.
 */
import { isDeepStrictEqual } from 'node:util';

import { formatPath, valueAt } from './path.ts';
import { anyKey, fields, type Field } from './schema-fields.ts';
import type { Config, RouteConfig } from './schema.ts';

export interface ReloadComparison {
  /** Keys whose value differs, routes by their name: `shadow.rate`, `routes[predict].sample.ratio`. */
  readonly changed: readonly string[];
  /** Those of them that take effect at the next start only. */
  readonly needsRestart: readonly string[];
}

/**
 * Routes are the same when their names are. A new route needs a restart when it states something that is
 * fixed at start (a grant); a removed one never does, since that only takes away.
 */
export function compareForReload(before: Config, after: Config): ReloadComparison {
  const changed: string[] = [];
  const needsRestart: string[] = [];
  const note = (key: string, reloadable: boolean): void => {
    changed.push(key);
    if (!reloadable) needsRestart.push(key);
  };

  for (const { path, reloadable } of ownFields) {
    if (!isDeepStrictEqual(valueAt(before, path), valueAt(after, path))) {
      note(formatPath(path), reloadable);
    }
  }

  const old = new Map(before.routes.map((route) => [route.name, route]));
  for (const route of after.routes) {
    const previous = old.get(route.name);
    if (previous === undefined) noteNewRoute(route, note);
    else noteChangedRoute(previous, route, note);
    old.delete(route.name);
  }
  for (const name of old.keys()) note(`routes[${name}]`, true);
  if (!isDeepStrictEqual(orderOf(before, after), orderOf(after, before))) note('routes', true);
  return { changed, needsRestart };
}

type Note = (key: string, reloadable: boolean) => void;

/** Keys that hold values, a mapping with keys of the user's being one value. */
const comparable: readonly Field[] = fields.filter(
  ({ kind, path }) => (kind === 'value' || kind === 'map') && !path.includes(anyKey),
);
const ownFields = comparable.filter(({ path }) => path[0] !== 'routes');
const routeFields = comparable
  .filter(({ path }) => path[0] === 'routes' && path.length > 2)
  .map((field) => ({ ...field, path: field.path.slice(2) }));

function noteChangedRoute(before: RouteConfig, after: RouteConfig, note: Note): void {
  for (const { path, reloadable } of routeFields) {
    if (!isDeepStrictEqual(valueAt(before, path), valueAt(after, path))) {
      note(`routes[${after.name}].${formatPath(path)}`, reloadable);
    }
  }
}

function noteNewRoute(route: RouteConfig, note: Note): void {
  note(`routes[${route.name}]`, true);
  for (const { path, reloadable, default: usual } of routeFields) {
    const value = valueAt(route, path);
    if (!reloadable && value !== undefined && writtenAs(value) !== usual) {
      note(`routes[${route.name}].${formatPath(path)}`, false);
    }
  }
}

/** As `Field.default` writes a default. */
function writtenAs(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}

/** Names of the routes that both have, in the order of the first. */
function orderOf(config: Config, other: Config): string[] {
  const names = new Set(other.routes.map((route) => route.name));
  return config.routes.map((route) => route.name).filter((name) => names.has(name));
}
