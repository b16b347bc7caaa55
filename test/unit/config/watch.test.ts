import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { loadConfig } from '../../../src/config/load.ts';
import { watchConfig } from '../../../src/config/watch.ts';
import { minimal } from './loading.ts';

const never = 2 ** 30;

function makeDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'twinspan-watch-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Watches until the test ends; `next` resolves at the next change that was told. */
function startWatching(
  t: TestContext,
  path: string,
  options: { digest?: string; pollMs?: number; settleMs?: number },
) {
  const watching = new AbortController();
  t.after(() => watching.abort());
  const contents: string[] = [];
  let wake = Promise.withResolvers<void>();
  watchConfig(
    path,
    (content) => {
      contents.push(content.toString());
      wake.resolve();
      wake = Promise.withResolvers();
    },
    { signal: watching.signal, settleMs: 1, ...options },
  );
  return {
    next: () => wake.promise,
    told: () => contents.length,
    contents,
    stop: () => watching.abort(),
  };
}

/** The digest of another content: the first reading then counts as a change, and tells that watching is on. */
const digest = 'of another content';

test('a file that is written in place is told', async (t) => {
  const path = join(makeDirectory(t), 'twinspan.yaml');
  writeFileSync(path, 'a');
  const watch = startWatching(t, path, { digest, pollMs: never });
  await watch.next();
  const changed = watch.next();
  writeFileSync(path, 'b');
  await changed;
});

test('a file that is renamed over is told', async (t) => {
  const directory = makeDirectory(t);
  const path = join(directory, 'twinspan.yaml');
  writeFileSync(path, 'a');
  const watch = startWatching(t, path, { digest, pollMs: never });
  await watch.next();
  const changed = watch.next();
  writeFileSync(`${path}.new`, 'b');
  renameSync(`${path}.new`, path);
  await changed;
});

test('the swap of a ConfigMap is told', async (t) => {
  const directory = makeDirectory(t);
  for (const [name, content] of [
    ['..1', 'a'],
    ['..2', 'b'],
  ] as const) {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'twinspan.yaml'), content);
  }
  symlinkSync('..1', join(directory, '..data'));
  const path = join(directory, 'twinspan.yaml');
  symlinkSync('..data/twinspan.yaml', path);
  const watch = startWatching(t, path, { digest, pollMs: never });
  await watch.next();
  const changed = watch.next();
  symlinkSync('..2', join(directory, '..data_tmp'));
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
  await changed;
});

test('a change that the directory does not tell is found by the poll', async (t) => {
  const target = join(makeDirectory(t), 'real.yaml');
  writeFileSync(target, 'a');
  const path = join(makeDirectory(t), 'twinspan.yaml');
  symlinkSync(target, path);
  const watch = startWatching(t, path, { digest, pollMs: 5 });
  await watch.next();
  const changed = watch.next();
  writeFileSync(target, 'b');
  await changed;
});

test('a file whose directory appears later is found by the poll', async (t) => {
  const directory = join(makeDirectory(t), 'later');
  const path = join(directory, 'twinspan.yaml');
  const watch = startWatching(t, path, { digest, pollMs: 5 });
  const changed = watch.next();
  mkdirSync(directory);
  writeFileSync(path, 'a');
  await changed;
});

test('what was loaded before watching began is no change, nor is equal content', async (t) => {
  const path = join(makeDirectory(t), 'twinspan.yaml');
  const replace = (content: string) => {
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
  };
  replace(JSON.stringify(minimal));
  const loaded = loadConfig({ path, env: {} });
  assert.ok(loaded.kind === 'loaded');
  const watch = startWatching(t, path, { digest: loaded.fileDigest, pollMs: 5 });
  // The other one tells its first reading, which began after that of the watch under test.
  await startWatching(t, path, { digest, pollMs: never }).next();
  replace(JSON.stringify(minimal));
  await startWatching(t, path, { digest, pollMs: never }).next();
  const changed = watch.next();
  replace('b');
  await changed;
  assert.equal(watch.told(), 1);
});

test('without a digest, what the file holds at first is what changes are told from', async (t) => {
  const path = join(makeDirectory(t), 'twinspan.yaml');
  writeFileSync(path, '0');
  const watch = startWatching(t, path, { pollMs: 5 });
  for (let content = 1; watch.told() === 0; content += 1) {
    writeFileSync(path, String(content));
    // Another one tells it once it has stood still.
    await startWatching(t, path, { digest, pollMs: never }).next();
  }
});

test('what stood still for too short a time is not told, though it is a beginning of the whole', async (t) => {
  const settleMs = 100;
  const path = join(makeDirectory(t), 'twinspan.yaml');
  writeFileSync(path, 'a');
  const watch = startWatching(t, path, { digest, pollMs: never, settleMs });
  await watch.next();
  const changed = watch.next();
  const written: { readonly content: string; readonly atMs: number }[] = [];
  for (let length = 1; length <= 50; length += 1) {
    const content = 'b'.repeat(length);
    writeFileSync(path, content);
    written.push({ content, atMs: performance.now() });
    await setImmediate();
  }
  await changed;
  const told = written.findIndex(({ content }) => content === watch.contents.at(-1));
  // A machine that is late may have left a beginning alone for longer than that.
  const next = written[told + 1] ?? { atMs: Number.POSITIVE_INFINITY };
  assert.ok(next.atMs - written[told]!.atMs >= settleMs);
});

test('nothing is told after the signal', async (t) => {
  const path = join(makeDirectory(t), 'twinspan.yaml');
  writeFileSync(path, 'a');
  const watch = startWatching(t, path, { digest, pollMs: 5 });
  await watch.next();
  watch.stop();
  writeFileSync(path, 'b');
  await startWatching(t, path, { digest, pollMs: never }).next();
  assert.equal(watch.told(), 1);
});
