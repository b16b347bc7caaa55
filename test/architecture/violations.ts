/** Reads source files as text and says where they break the rules. Formatted source makes plain patterns enough. */
import { posix } from 'node:path';

import {
  compositionRule,
  drawers,
  fences,
  folderRules,
  mainRule,
  maxCodeLines,
  testedElsewhere,
  type FolderRule,
} from './rules.ts';

export interface Import {
  readonly specifier: string;
  /** It is gone when the program runs. */
  readonly typeOnly: boolean;
}

/** Source text by path below `src/`, such as `exchange/select.ts`. */
export type SourceTree = ReadonlyMap<string, string>;

export function violationsOf(tree: SourceTree, unitTests: ReadonlySet<string>): string[] {
  return [...tree].flatMap(([path, text]) => [
    ...importsOf(text).flatMap((imported) => importViolations(path, imported)),
    ...nameViolations(path),
    ...demoViolations(path, text),
    ...lengthViolations(path, text),
    ...testViolations(path, text, unitTests),
  ]);
}

export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const imports: Import[] = [];
  const statement =
    /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'/gm;
  for (const [, type, specifier, dynamic] of code.matchAll(statement)) {
    imports.push({ specifier: (specifier ?? dynamic)!, typeOnly: type !== undefined });
  }
  return imports;
}

function importViolations(path: string, imported: Import): string[] {
  const { specifier } = imported;
  if (!specifier.startsWith('.')) return fenceViolations(path, specifier);
  const target = posix.join(posix.dirname(path), specifier);
  if (!target.endsWith('.ts')) return [`${path} imports ${specifier}: write the extension .ts`];
  if (target.startsWith('..')) return [`${path} imports ${specifier}: it is not part of src/`];
  const rule = ruleOf(path);
  return isAllowed(rule, path, target, imported)
    ? []
    : [`${path} may not import ${target}: ${rule.why}`];
}

function isAllowed(rule: FolderRule, path: string, target: string, imported: Import): boolean {
  const from = folderOf(path);
  const to = folderOf(target);
  if (from !== undefined && from === to) return true;
  return rule.may.some((allowed) => {
    switch (allowed) {
      case 'base':
      case 'config':
      case 'report':
      case 'verdict':
      case 'fleet':
      case 'cli':
        return to === allowed;
      case 'app.ts':
      case 'fleet-judge.ts':
      case 'fleet-service.ts':
        return target === allowed;
      case 'types of all':
        return imported.typeOnly && to !== undefined;
      case 'all':
        return to !== 'cli' && target !== 'main.ts';
      case 'nouns':
        return nounsBefore(rule.folder).has(target);
    }
  });
}

function nounsBefore(folder: string): Set<string> {
  const position = folderRules.findIndex((rule) => rule.folder === folder);
  return new Set(
    folderRules
      .slice(0, position)
      .flatMap((rule) => rule.nouns.map((noun) => `${rule.folder}/${noun}`)),
  );
}

function ruleOf(path: string): FolderRule {
  const folder = folderOf(path);
  if (folder === undefined) return path === 'main.ts' ? mainRule : compositionRule;
  const rule = folderRules.find((candidate) => candidate.folder === folder);
  return rule ?? { folder, nouns: [], may: [], why: `src/${folder}/ is in no rule of the law` };
}

function folderOf(path: string): string | undefined {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : undefined;
}

function fenceViolations(path: string, specifier: string): string[] {
  const fence = fences.find(
    ({ name }) =>
      specifier === name || (!name.startsWith('node:') && specifier.startsWith(`${name}/`)),
  );
  if (fence === undefined) {
    if (specifier.startsWith('node:')) return [];
    return [`${path} may not import ${specifier}: no rule says which station the package is for`];
  }
  const inside = fence.in.some((place) =>
    place.endsWith('/') ? path.startsWith(place) : path === place,
  );
  return inside ? [] : [`${path} may not import ${specifier}: ${fence.why}`];
}

function nameViolations(path: string): string[] {
  const violations: string[] = [];
  for (const part of path.replace(/\.ts$/, '').split('/')) {
    if (drawers.includes(part)) {
      violations.push(`${path} has the name of a drawer (${part}): name it after what is inside`);
    } else if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(part)) {
      violations.push(`${path} is not in kebab-case`);
    }
  }
  return violations;
}

function demoViolations(path: string, text: string): string[] {
  if (path === 'cli/demo.ts' || !/'[^']*\/demo\/[^']*'/.test(withoutComments(text))) return [];
  return [`${path} may not name files of demo/: only cli/demo.ts loads it, when it is asked for`];
}

function lengthViolations(path: string, text: string): string[] {
  const lines = withoutComments(text)
    .split('\n')
    .filter((line) => line.trim() !== '').length;
  if (lines <= maxCodeLines) return [];
  return [`${path} has ${lines} lines of code, more than ${maxCodeLines}: it is two nouns`];
}

function testViolations(path: string, text: string, unitTests: ReadonlySet<string>): string[] {
  const test = path.replace(/\.ts$/, '.test.ts');
  const listed = Object.hasOwn(testedElsewhere, path);
  if (unitTests.has(test)) {
    return listed ? [`${path} has a unit test: take it off the list of those without one`] : [];
  }
  if (listed || !hasLogic(text)) return [];
  return [`${path} has no test/unit/${test}`];
}

/** Whether anything of the file is left when it runs. */
export function hasLogic(text: string): boolean {
  return withoutComments(text)
    .split('\n')
    .some((line) =>
      /^(?:export )?(?:default )?(?:async )?(?:function|class|const|let)\b/.test(line),
    );
}

/** Comments of formatted source begin a line, or come after a space at its end. */
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*\/\*[^]*?\*\/$/gm, '').replaceAll(/^\s*\/\/.*$/gm, '');
}
