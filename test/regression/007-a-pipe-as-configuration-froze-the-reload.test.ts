/**
 * Cause: a reload by SIGHUP opened the configuration's path whatever it was. Of a named pipe that call waits for a writer,
 * and with it waited everything else.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { httpService, json } from '../kit/http-service.ts';
import { serve, servedFile, temporaryFolder } from '../kit/serve.ts';

test('SIGHUP with a named pipe at the path is refused, and twinspan goes on', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const path = join(await temporaryFolder(t), 'twinspan.json');
  await writeFile(path, servedFile(shadow.url));
  const sidecar = await serve(t, path);
  await rm(path);
  execFileSync('mkfifo', [path]);
  sidecar.signal('SIGHUP');
  const refused = await sidecar.logged('reload_refused');
  assert.match(JSON.stringify(refused['errors']), /not a regular file/);
  await rm(path);
  const next = sidecar.lines.length;
  await writeFile(path, servedFile(shadow.url, { expires: '2099-01-01' }));
  await sidecar.logged('reloaded', next);
  sidecar.signal('SIGTERM');
  assert.equal(await sidecar.ended, 0);
});
