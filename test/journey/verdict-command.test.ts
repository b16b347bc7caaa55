import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { TwinspanError } from '../../src/base/errors.ts';
import { verdict as command } from '../../src/cli/verdict.ts';
import type { Verdict, VerdictState } from '../../src/verdict/verdict.ts';
import { freePorts } from '../kit/free-ports.ts';
import { httpService, type HttpService } from '../kit/http-service.ts';
import { goodRow, prometheusDouble, scrapedSeries } from '../kit/prometheus-double.ts';
import { verdictIn } from '../kit/verdicts.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function verdict(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] };
    const child = execFile(
      process.execPath,
      [main, 'verdict', ...args],
      { env },
      (_error, stdout, stderr) => resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

function fileOf(t: TestContext, name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'twinspan-verdict-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A twinspan that answers with these verdicts, one after the other, and then with the last one for ever. */
function answering(
  t: TestContext,
  ...answers: readonly (Verdict | ((response: ServerResponse) => void))[]
): Promise<HttpService> {
  let next = 0;
  return httpService(t, (_request, response) => {
    const answer = answers[Math.min(next, answers.length - 1)]!;
    next += 1;
    if (typeof answer === 'function') answer(response);
    else response.end(JSON.stringify(answer));
  });
}

const codes: Readonly<Record<VerdictState, number>> = {
  promote: 0,
  reject: 10,
  hold: 11,
  collecting: 12,
};

const config = `
shadow: { url: "http://127.0.0.1:9102" }
routes: [{ name: predict, match: { path: "/**" } }]
verdict: { floor: { pairs: 100, elapsed: 1h }, latency: { threshold: { p95: 1, p99: 2 } } }
`;

test('the exit code is that of the state, in every format', async (t) => {
  for (const [state, code] of Object.entries(codes) as [VerdictState, number][]) {
    const { url } = await answering(t, verdictIn(state));
    const { status, stdout } = await verdict('--url', url);
    assert.equal(status, code, state);
    assert.match(stdout, new RegExp(`^${state}: `));
    assert.doesNotMatch(stdout, /(?!\n)\p{Cc}/u);
  }
  const saved = verdictIn('promote');
  const { url } = await answering(t, saved);
  const json = await verdict('--url', url, '--format', 'json');
  assert.deepEqual(JSON.parse(json.stdout), JSON.parse(JSON.stringify(saved)));
  assert.equal(json.status, 0);
  const markdown = await verdict('--url', url, '--format', 'markdown');
  assert.match(markdown.stdout, /^### Shadow: promote/);
});

test('what is asked about, and the token, are sent', async (t) => {
  const service = await answering(t, verdictIn('promote'));
  const token = fileOf(t, 'token', ' secret\n');
  const asked = ['--experiment', 'e1', '--route', 'a b', '--shadow', '2'];
  await verdict('--url', `${service.url}/judge/`, '--token-file', token, ...asked);
  const [request] = service.asked;
  assert.equal(request?.url, '/judge/v1/verdict?experiment=e1&route=a+b&shadow=2');
  assert.equal(request.headers.authorization, 'Bearer secret');
});

test('a source that is away, or answers something else, ends with 1', async (t) => {
  const [port] = await freePorts(1);
  const away = await verdict('--url', `127.0.0.1:${port}`);
  assert.equal(away.status, 1);
  assert.match(away.stderr, /^twinspan: cannot read http:\/\/127\.0\.0\.1:\d+\/v1\/verdict: /);
  assert.equal(away.stdout, '');
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(401).end(),
    (response) => response.writeHead(503).end(JSON.stringify(verdictIn('promote'))),
    (response) => response.writeHead(204).end(),
    (response) => response.end('{"state":"promote"}'),
    (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
  ];
  for (const answer of answers) {
    const { url } = await answering(t, answer);
    const { status, stdout } = await verdict('--url', url);
    assert.equal(status, 1);
    assert.equal(stdout, '');
  }
});

test('waiting ends when somebody can act, and passes over a source that is away for a while', async (t) => {
  const collecting = verdictIn('collecting');
  const futile: Verdict = { ...verdictIn('hold'), hold: { reason: 'futile' } };
  const broken = (response: ServerResponse): void => void response.writeHead(502).end();
  const ends: [Verdict, number][] = [
    [verdictIn('promote'), 0],
    [verdictIn('reject'), 10],
    [verdictIn('hold'), 11],
    [{ ...verdictIn('hold'), hold: { reason: 'superseded' } }, 11],
  ];
  for (const [last, code] of ends) {
    const service = await answering(t, broken, collecting, futile, last);
    const { status, stdout } = await verdict(
      '--url',
      service.url,
      '--wait',
      '60s',
      '--interval',
      '10ms',
    );
    assert.equal(status, code);
    assert.match(stdout, new RegExp(`^${last.state}: `));
    assert.equal(service.asked.length, 4);
  }
});

test('when the wait runs out the code is 12, and 1 when there was no verdict to the end', async (t) => {
  for (const last of [
    verdictIn('collecting'),
    { ...verdictIn('hold'), hold: { reason: 'futile' } } as Verdict,
  ]) {
    const { url } = await answering(t, last);
    const { status, stdout } = await verdict('--url', url, '--wait', '50ms', '--interval', '10ms');
    assert.equal(status, 12);
    assert.match(stdout, new RegExp(`^${last.state}: `));
  }
  const [port] = await freePorts(1);
  const away = await verdict('--url', `127.0.0.1:${port}`, '--wait', '50ms', '--interval', '10ms');
  assert.equal(away.status, 1);
});

test('the verdict of one replica is refused where that of the fleet is asked for, at once', async (t) => {
  const { url } = await answering(t, verdictIn('promote', 'replica'));
  const refused = await verdict('--url', url, '--scope', 'fleet', '--wait', '60s');
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /verdict of a replica.*twinspan verdict serve/);
  assert.equal(refused.stdout, '');
  const fleet = await answering(t, verdictIn('promote', 'fleet'));
  assert.equal((await verdict('--url', fleet.url, '--scope', 'fleet')).status, 0);
});

test('options that do not fit end with 2, before anybody is asked', async (t) => {
  const file = fileOf(t, 'twinspan.yaml', config);
  const broken = fileOf(t, 'broken.yaml', 'shadow: { url: 7 }\nrout: []\n');
  const cases: [string[], RegExp][] = [
    [[], /say whom to ask/],
    [['--url', 'http://a', '--prometheus', 'http://b'], /not both/],
    [['--prometheus', 'http://b'], /--prometheus needs --config/],
    [['--prometheus', 'b:9090', '--config', file], /--prometheus is "b:9090"/],
    [['--prometheus', 'http://b', '--config', '/nowhere'], /\/nowhere/],
    [
      ['--prometheus', 'http://b', '--config', broken],
      /routes is required[^]*rout is an unknown key/,
    ],
    [['--prometheus', 'http://b', '--config', file, '--selector', 'job'], /label matchers/],
    [
      ['--prometheus', 'http://b', '--config', file, '--selector', 'a="b"} or {c="d"'],
      /label matchers/,
    ],
    [['--url', 'ftp://a'], /--url is "ftp:\/\/a"/],
    [['--url', 'http://'], /--url is/],
    [['--url', 'http://a', '--wait', '5'], /--wait is "5"; it must be a duration/],
    [['--url', 'http://a', '--interval', 'x'], /--interval/],
    [['--url', 'http://a', '--scope', 'all'], /--scope is "all"/],
    [['--url', 'http://a', '--format', 'xml'], /text, markdown, json/],
    [['--url', 'http://a', '--format', 'constructor'], /--format/],
    [['--url', 'http://a', '--token-file', '/nowhere'], /--token-file/],
    [['--nonsense'], /options are --url/],
    [['serve', '--config', file, '--listen', '127.0.0.1:0'], /--prometheus is needed/],
    [['serve', '--config', file, '--prometheus', 'http://b', '--listen', 'unix:/x'], /--listen/],
    [['serve', '--config', file, '--prometheus', 'http://b'], /--listen is needed/],
  ];
  for (const [args, expected] of cases) {
    await assert.rejects(command(args), (error) => {
      assert.ok(error instanceof TwinspanError, args.join(' '));
      assert.match(error.message, expected);
      return error.exitCode === 2;
    });
  }
});

test('a Prometheus is asked for the counts of all replicas', async (t) => {
  const hours = (count: number): number => Date.now() - count * 3_600_000;
  const scrapes = [
    [hours(3), goodRow(3000)],
    [hours(0.01), goodRow(6000)],
  ] as const;
  const { url } = await prometheusDouble(t, [
    ...scrapedSeries({ target: { instance: 'a' }, process: 'p1', scrapes }),
    ...scrapedSeries({ target: { instance: 'b' }, process: 'p2', scrapes }),
  ]);
  const file = fileOf(t, 'twinspan.yaml', config);
  const { status, stdout } = await verdict(
    '--prometheus',
    url,
    '--config',
    file,
    '--format',
    'json',
  );
  const answer = JSON.parse(stdout) as Verdict;
  assert.equal(answer.state, 'promote', answer.reason);
  assert.equal(answer.scope, 'fleet');
  assert.equal(answer.pairs.comparable, 12_000);
  assert.equal(status, 0);
});

test('a Prometheus that is down or lies never promotes', async (t) => {
  const file = fileOf(t, 'twinspan.yaml', config);
  const [port] = await freePorts(1);
  const down = await verdict('--prometheus', `http://127.0.0.1:${port}`, '--config', file);
  assert.equal(down.status, 1);
  const at = Date.now() - 2 * 3_600_000;
  const lies = { ...goodRow(10_000), 'predict mismatch 0': 99_999 };
  const double = await prometheusDouble(t, scrapedSeries({ process: 'p', scrapes: [[at, lies]] }));
  const lying = await verdict('--prometheus', double.url, '--config', file);
  assert.equal(lying.status, 12);
  assert.match(lying.stdout, /^collecting: /);
  assert.match(lying.stdout, /counts_contradict/);
  const text = '{"status":"success","data":{"resultType":"vector","result":[]}}';
  double.answer = (response) => response.end(text);
  const odd = await verdict('--prometheus', double.url, '--config', file);
  assert.equal(odd.status, 1);
  assert.match(odd.stderr, /something else than raw samples/);
});

test('a saved verdict is decided again from its counts', async (t) => {
  const saved = verdictIn('promote');
  const sound = await verdict('--recheck', fileOf(t, 'v.json', JSON.stringify(saved)));
  assert.equal(sound.status, 0);
  assert.match(sound.stdout, /all \d+ gates follow from their counts\n$/);
  const [gate, ...others] = saved.gates;
  const touched = { ...saved, gates: [{ ...gate, counts: { '0': 9_000, '1': 1_000 } }, ...others] };
  const wrong = await verdict('--recheck', fileOf(t, 'v.json', JSON.stringify(touched)));
  assert.equal(wrong.status, 3);
  assert.match(wrong.stdout, /^errors predict: lnE\.promote is /);
  for (const text of ['', '{}', '{"schema":"twinspan.verdict/1"}']) {
    const unreadable = await verdict('--recheck', fileOf(t, 'v.json', text));
    assert.equal(unreadable.status, 2);
  }
  assert.equal((await verdict('--recheck', '/nowhere')).status, 2);
});
