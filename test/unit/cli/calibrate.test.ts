import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { httpService, json, type HttpService } from '../../kit/http-service.ts';
import { at, noiseOf } from '../report/noise/noise-pairs.ts';

const main = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function calibrate(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, 'calibrate', ...args],
      { env: { PATH: process.env['PATH'] } },
      (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

const predict = noiseOf({ control: [40, () => [at('/took')]] });
const report = { schema: 'twinspan.noise/1', routes: [predict, { ...predict, route: 'other' }] };

function admin(t: Parameters<typeof httpService>[0], body: unknown = report): Promise<HttpService> {
  return httpService(t, json(body));
}

test('proposed rules are printed as YAML, of all routes or of one', async (t) => {
  const { url, asked, port } = await admin(t);
  const all = await calibrate('--url', url);
  assert.equal(all.status, 0, all.stderr);
  assert.match(all.stdout, /^routes:\n/m);
  assert.match(all.stdout, /- name: "predict"[^]*- name: "other"/);
  assert.match(all.stdout, /- "\/took" # NEW: differed by value in 40 of 40/);
  const one = await calibrate('--url', `127.0.0.1:${port}`, '--route', 'other');
  assert.equal(one.status, 0);
  assert.doesNotMatch(one.stdout, /predict/);
  assert.deepEqual(
    asked.map((request) => [request.method, request.url, request.headers.authorization]),
    [
      ['GET', '/v1/noise', undefined],
      ['GET', '/v1/noise', undefined],
    ],
  );
});

test('as JSON the counts come with what is proposed', async (t) => {
  const { url } = await admin(t);
  const { stdout, status } = await calibrate('--url', url, '--format', 'json');
  assert.equal(status, 0);
  const { schema, routes } = JSON.parse(stdout) as {
    schema: string;
    routes: { noise: unknown; proposals: { basis: string; proposals: unknown[] } }[];
  };
  assert.equal(schema, 'twinspan.calibration/1');
  const [route] = routes;
  assert.ok(route !== undefined);
  assert.deepEqual(route.noise, JSON.parse(JSON.stringify(predict)));
  assert.equal(route.proposals.basis, 'control');
  assert.equal(route.proposals.proposals.length, 1);
});

test('with too little data there is nothing new, which is no failure', async (t) => {
  const { url } = await admin(t);
  const { stdout, status } = await calibrate('--url', url, '--min-pairs', '41');
  assert.equal(status, 0);
  assert.match(stdout, /# too little data: 40 pairs with the control, at least 41 are needed/);
  assert.doesNotMatch(stdout, /NEW/);
});

test('the token of a file is sent', async (t) => {
  const { url, asked } = await admin(t);
  const folder = await mkdtemp(join(tmpdir(), 'twinspan-calibrate-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'token'), 'secret\n');
  const { status } = await calibrate('--url', url, '--token-file', join(folder, 'token'));
  assert.equal(status, 0);
  assert.equal(asked[0]?.headers.authorization, 'Bearer secret');
});

test('a source that cannot be read ends with 1 and what to do', async (t) => {
  const { url: refusing } = await httpService(t, (_asked, response) => {
    response.writeHead(401).end();
  });
  const { url: other } = await admin(t, { pairs: [] });
  const { url: broken } = await admin(t, { schema: 'twinspan.noise/1', routes: [{}] });
  const { url: text } = await httpService(t, (_asked, response) => response.end('<html>'));
  for (const [url, message] of [
    ['http://127.0.0.1:1', /cannot read http:\/\/127\.0\.0\.1:1\/v1\/noise: /],
    [refusing, /answered 401: give the token of admin\.tokenFile with --token-file/],
    [other, /something else than a report of noise/],
    [broken, /something else than a report of noise/],
    [text, /something else than a report of noise/],
  ] as const) {
    const { status, stdout, stderr } = await calibrate('--url', url);
    assert.equal(status, 1, url);
    assert.equal(stdout, '');
    assert.match(stderr, message);
  }
});

test('wrong options end with 2 and name what is known', async (t) => {
  const { url } = await admin(t);
  for (const [args, message] of [
    [[], /--url is needed/],
    [['--url', 'http://'], /--url is "http:\/\/"/],
    [['--url', url, '--route', 'nobody'], /no route "nobody"; routes are predict, other/],
    [['--url', url, '--min-pairs', '0'], /--min-pairs is "0"; it must be a whole number from 1/],
    [['--url', url, '--format', 'xml'], /--format is "xml"; it is yaml or json/],
    [['--url', url, '--token-file', '/nowhere'], /--token-file: cannot read \/nowhere/],
    [['--url', url, '--apply'], /--apply.*options are --url, --token-file/],
  ] as const) {
    const { status, stderr } = await calibrate(...args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  }
});
