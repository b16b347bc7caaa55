/**
 * `npm run build`: writes the package that is published and put into images, by default to `dist/`. It holds
 * JavaScript, Envoy's .proto files, the files of `envoy/` that a command prints, and a package.json of its own, and it brings no Node: a package that does hijacks
 * the Node of whoever installs it. The demo is not part of it.
 *
 * `node build.ts FOLDER` writes it into a new folder instead.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

const repository = import.meta.dirname;
const elsewhere = process.argv[2];
const target = elsewhere === undefined ? join(repository, 'dist') : resolve(elsewhere);

if (elsewhere === undefined) rmSync(target, { recursive: true, force: true });
else if (existsSync(target) && readdirSync(target).length > 0) {
  console.error(`build: ${target} is not empty; name a new folder`);
  process.exit(2);
}
mkdirSync(target, { recursive: true });
compile();
const copied = ['bin/twinspan.js', 'bin/node-version.js', 'envoy', 'proto', 'README.md', 'LICENSE'];
for (const name of copied) {
  cpSync(join(repository, name), join(target, name), { recursive: true });
}
writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`);
console.log(`built ${target}`);

function compile(): void {
  const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(
    process.execPath,
    [compiler, '--project', join(repository, 'tsconfig.build.json'), '--outDir', target],
    { stdio: 'inherit' },
  );
  if (status !== 0) process.exit(1);
}

/** The package.json of the repository without what only its developers need. */
function manifest(): Record<string, unknown> {
  const own = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const kept = ['name', 'version', 'description', 'license', 'type', 'engines', 'bin'];
  const applicationEntry = './src/app/shadow-mode';
  const hasApplicationEntry = existsSync(join(repository, `${applicationEntry}.ts`));
  return {
    ...Object.fromEntries([...kept, 'dependencies'].map((key) => [key, own[key]])),
    files: ['bin', 'src', 'envoy', 'proto'],
    // Nothing else is for others to import: the program is started by its command.
    exports: {
      ...(hasApplicationEntry && {
        './app': { types: `${applicationEntry}.d.ts`, default: `${applicationEntry}.js` },
      }),
    },
  };
}
