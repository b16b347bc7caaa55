/**
 * One service twice behind the demo's Envoy, with answers full of noise. Without rules hardly a pair matches. What
 * `twinspan calibrate` prints is pasted into the file, with a control and without; then all match, what was passed over
 * is counted, and each real change is still found where it is. The numbers are those of docs/calibration.md.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';

import type { RecentPair } from '../../src/report/recent-pairs.ts';
import type { NoiseReport, RouteNoise } from '../../src/report/noise/report.ts';
import { demoEnvoy } from '../kit/demo-envoy.ts';
import { noisyService, type Change } from '../kit/noisy-service.ts';
import { customersOf } from '../kit/open-loop.ts';
import { serve, servedFile, temporaryFolder, type ServedTwinspan } from '../kit/serve.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

const page = readFileSync(new URL('../../docs/calibration.md', import.meta.url), 'utf8');

/** The numbers that the page has in a row of its table, one for each way to calibrate. */
function claimed(row: string): readonly [withControl: number, without: number] {
  const line = page.split('\n').find((other) => other.startsWith(`| ${row} `));
  const numbers = line?.match(/\d+/g)?.map(Number) ?? [];
  assert.equal(numbers.length, 2, `docs/calibration.md has a row "${row}"`);
  return [numbers[0]!, numbers[1]!];
}

interface Seeded {
  readonly change: Change;
  /** Kind and pointer of each difference; `*` is an index. */
  readonly found: readonly string[];
}

const seeded: Readonly<Record<string, Seeded>> = {
  'label-that-flips': {
    change: ({ prediction }) => void (prediction['label'] = 'none'),
    found: ['value /prediction/label'],
  },
  'field-that-is-missing': {
    change: ({ prediction }) => void delete prediction['model'],
    found: ['missing /prediction/model'],
  },
  'field-that-is-extra': {
    change: ({ prediction }) => void (prediction['explanation'] = 'none'),
    found: ['extra /prediction/explanation'],
  },
  'number-as-text': {
    change: ({ price }) => void (price.amount = String(price.amount)),
    found: ['type /price/amount'],
  },
  'score-shifted-by-a-thousandth': {
    change: ({ prediction }) => void (prediction['score'] = 1.001 * Number(prediction['score'])),
    found: ['value /prediction/score'],
  },
  'status-of-another-class': { change: () => 500, found: ['status '] },
  'status-of-the-same-class': { change: () => 202, found: ['status '] },
  'offer-that-is-missing': { change: ({ offers }) => void offers.pop(), found: ['length /offers'] },
  'offer-twice': {
    change: ({ offers }) => void offers.push(offers[0]!),
    found: ['length /offers'],
  },
  'offer-in-place-of-another': {
    change: ({ offers }) => void (offers[0] = { ...offers[0]!, product: 'product-99' }),
    found: ['value /offers/*/product'],
  },
  'offer-at-another-price': {
    change: ({ offers }) => void (offers[2]!.price += 0.01),
    found: ['value /offers/*/price'],
  },
  'offer-score-shifted-by-a-thousandth': {
    change: ({ offers }) => void (offers[1]!.score *= 1.001),
    found: ['value /offers/*/score'],
  },
  'tag-that-is-another': {
    change: ({ tags }) => void (tags[0] = 'winter'),
    found: ['value /tags/*'],
  },
  'steps-in-another-order': {
    change: ({ steps }) => void steps.reverse(),
    found: ['order /steps'],
  },
  'id-that-is-none': {
    change: (answer) => void Object.assign(answer, { id: 'unknown' }),
    found: ['value /id'],
  },
  'time-as-text': {
    change: (answer) => void Object.assign(answer, { servedAtMs: answer.createdAt }),
    found: ['type /servedAtMs'],
  },
  'null-that-is-a-number': {
    change: (answer) => void Object.assign(answer, { discount: 0.1 }),
    found: ['* /discount'],
  },
  'zone-that-is-another': {
    change: ({ debug }) => void (debug.zone = 'c'),
    found: ['value /debug/zone'],
  },
};

const controlled = {
  control: true,
  headers: ['content-type', 'etag', 'server-timing', 'x-model-version', 'x-request-id'],
};
const uncontrolled = { control: false, headers: ['content-type', 'x-model-version'] };

interface Bench {
  readonly sidecar: ServedTwinspan;
  readonly exchanges: number;
  /** What the route is, with the `compare:` of a file that `calibrate` printed. */
  paste(printed: string): Promise<void>;
  /** Asks live, and waits until all has been compared. */
  ask(paths: readonly string[]): Promise<void>;
  /** The ids of the requests that the shadow had for a path. */
  shadowAsked(path: string): string[];
}

const routeName = 'shop';
const route = `  - name: "${routeName}"
    match: { path: "/shop/**" }
    prediction: { label: /prediction/label, score: /prediction/score }`;

async function bench(t: TestContext, { control, headers }: typeof controlled): Promise<Bench> {
  const changeOf = (path: string): Change | undefined => seeded[nameIn(path)]?.change;
  const live = await noisyService(t);
  const shadow = await noisyService(t, changeOf);
  const folder = await temporaryFolder(t);
  const socket = join(folder, 'twinspan.sock');
  const { listeners } = await demoEnvoy(t, {
    live: `127.0.0.1:${live.port}`,
    shadow: `127.0.0.1:${shadow.port}`,
    twinspan: socket,
  });
  const sections = {
    listen: `unix:${socket}`,
    // A busy test machine is late; that must not open the breaker.
    shadow: { url: `http://${listeners['egress']}`, egress: true, timeout: '20s' },
    ...(control && { control: { url: (await noisyService(t)).url, ratio: 0.5 } }),
    verdict: { mode: 'noninferior' },
    routes: undefined,
  };
  const head = servedFile('', sections).replace(/\}$/, '');
  const file = join(folder, 'twinspan.yaml');
  // JSON is YAML: each section is a line of the file.
  const lines = Object.entries(JSON.parse(`${head}}`) as object).map(
    ([key, section]) => `${key}: ${JSON.stringify(section)}\n`,
  );
  const write = (routes: string): Promise<void> => writeFile(file, `${lines.join('')}${routes}`);
  await write(`routes:\n${route}\n    compare: { headers: [${headers.join(', ')}] }\n`);
  const sidecar = await serve(t, file);
  const customer = customersOf(t, listeners['ingress']!);
  let asked = 0;
  return {
    sidecar,
    exchanges: claimed('exchanges in a run')[control ? 0 : 1],
    async paste(printed) {
      const before = sidecar.lines.length;
      await write(printed.replace(/^ {2}- name: "shop"$/m, route));
      await sidecar.logged('reloaded', before);
    },
    async ask(paths) {
      const waiting = [...paths];
      const ask = async (): Promise<void> => {
        for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
          await customer(path);
        }
      };
      await Promise.all([ask(), ask(), ask(), ask()]);
      asked += paths.length;
      await sidecar.settled(asked);
    },
    shadowAsked: (path) =>
      shadow.asked
        .filter(({ url }) => url === path)
        .map(({ headers: { 'x-request-id': id } }) => String(id)),
  };
}

function nameIn(path: string): string {
  return path.split('/')[2] ?? '';
}

interface Run {
  /** How many of a hundred pairs with the shadow, which is the same service, match. */
  readonly percent: number;
  readonly noise: RouteNoise;
}

/** Customers ask what nobody asked before. */
async function run({ sidecar, ask, exchanges }: Bench): Promise<Run> {
  const { exchanges: before } = await sidecar.status();
  const questions = Array.from({ length: exchanges }, (_, index) => before.seen + index);
  await ask(questions.map((question) => `/shop/same/${question}`));
  const { exchanges: after, balance } = await sidecar.status();
  const [match, mismatch] = (['match', 'mismatch'] as const).map(
    (outcome) => (after.outcomes[outcome] ?? 0) - (before.outcomes[outcome] ?? 0),
  ) as [number, number];
  const noise = await noiseOf(sidecar);
  assert.equal(match + mismatch + noise.control.pairs, exchanges, JSON.stringify(after.outcomes));
  assert.deepEqual(balance, { exchanges: true, shadow: true, spans: true });
  return { percent: (100 * match) / (match + mismatch), noise };
}

async function noiseOf(sidecar: ServedTwinspan): Promise<RouteNoise> {
  const response = await fetch(`http://${sidecar.admin}/v1/noise`);
  return ((await response.json()) as NoiseReport).routes[0]!;
}

async function calibrate({ sidecar }: Bench): Promise<string> {
  const args = [main, 'calibrate', '--url', `http://${sidecar.admin}`];
  return (await promisify(execFile)(process.execPath, args)).stdout;
}

/** Asks what the shadow answers differently, each until it was asked: the control may be asked instead. */
async function findSeeded({ ask, shadowAsked, sidecar }: Bench): Promise<number> {
  const paths = Object.keys(seeded).map((name) => `/shop/${name}/7`);
  for (
    let left = paths;
    left.length > 0;
    left = left.filter((path) => shadowAsked(path).length === 0)
  ) {
    await ask(left);
  }
  for (const path of paths) {
    const [id] = shadowAsked(path);
    const response = await fetch(`http://${sidecar.admin}/v1/pairs?request_id=${id}`);
    const { pairs } = (await response.json()) as { pairs: RecentPair[] };
    const found = pairs.flatMap(({ differences }) =>
      differences.map(({ kind, pointer }) => `${kind} ${pointer.replaceAll(/\/\d+/g, '/*')}`),
    );
    const expected = seeded[nameIn(path)]!.found.map((text) =>
      text.replace(/^\* /, `${found[0]?.split(' ')[0]} `),
    );
    assert.deepEqual(found, expected, path);
    assert.equal(pairs[0]?.result, 'mismatch', path);
    assert.ok(pairs[0].ignored.length > 0, path);
  }
  return paths.length;
}

for (const [way, kind] of [controlled, uncontrolled].entries()) {
  const how = kind.control ? 'with a control' : 'without a control';
  test(`${how} the rules that are proposed make a service equal itself and hide no real change`, async (t) => {
    const at = await bench(t, kind);
    let last = await run(at);
    const percents = [last.percent];
    assert.ok(last.percent <= claimed('match without rules')[way]!, `${last.percent}`);
    let printed = await calibrate(at);
    while (!printed.includes('# No new rule is proposed.')) {
      assert.ok(percents.length <= claimed('times pasted')[way]!, printed);
      // Only without a control is anything in doubt, but for numbers that may be more than a counter.
      if (kind.control) assert.doesNotMatch(printed, /# WARNING: .*\n(?! *- "\/sequence")/);
      await at.paste(printed);
      last = await run(at);
      percents.push(last.percent);
      printed = await calibrate(at);
    }
    assert.ok(last.percent >= claimed('match with the rules')[way]!, printed);
    assert.equal(last.noise.control.differing, 0, printed);
    assert.ok(last.noise.rules.length > 0);
    const used = kind.control ? 'control' : 'shadow';
    for (const counted of last.noise.rules) assert.ok(counted[used] > 0, counted.rule);
    assert.doesNotMatch(printed, /in force: took something out of 0 /);
    const found = await findSeeded(at);
    assert.equal(found, claimed('real changes found')[way]);
    const shares = percents.map((percent) => `${percent.toFixed(1)} %`).join(', ');
    t.diagnostic(`${at.exchanges} exchanges a run: ${shares} match; ${found} changes found`);
  });
}
