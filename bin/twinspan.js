#!/usr/bin/env node
/**
 * Starts twinspan on a Node that is new enough: this one, or one that npm has installed beside it. It must be
 * readable for a Node that is too old, or nobody would learn what is missing.
 */
import { spawn, spawnSync } from 'child_process';
import { existsSync, readFileSync } from 'fs';
import { dirname, join } from 'path';
import { isatty } from 'tty';
import { fileURLToPath, pathToFileURL } from 'url';

import { candidatePaths, chooseNode, requiredVersion } from './node-version.js';

// Node would open its debugger, to which everyone on this machine may connect.
process.on('SIGUSR1', () => {});

const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
// TypeScript in the repository, JavaScript in the built package.
const built = join(packageFolder, 'src', 'main.js');
const main = existsSync(built) ? built : join(packageFolder, 'src', 'main.ts');

const choice = chooseNode({
  running: process.version,
  required: requiredVersion(manifest.engines.node),
  candidates: () =>
    candidatePaths(packageFolder, process.platform).filter(existsSync).map(withVersion),
  bringsNode: manifest.optionalDependencies !== undefined,
});
if (choice.kind === 'run') {
  void import(pathToFileURL(main).href);
} else if (choice.kind === 're-execute') {
  reExecute(choice.path);
} else {
  console.error(choice.message);
  process.exitCode = 2;
}

function withVersion(path) {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return { path, version: (stdout || 'no version').trim() };
}

/** Becomes the other Node as far as anyone outside can tell: same streams, same signals, same end. */
function reExecute(path) {
  const args = process.execArgv.concat('--disable-sigusr1', main, process.argv.slice(2));
  const child = spawn(path, args, { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']) {
    process.on(signal, () => {
      // Ctrl-C on a terminal reaches both processes, and a second signal would cut the drain short.
      if (signal === 'SIGINT' && isatty(0)) return;
      child.kill(signal);
    });
  }
  child.on('error', (error) => {
    console.error('twinspan: cannot run ' + path + ': ' + error.message);
    process.exit(2);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
