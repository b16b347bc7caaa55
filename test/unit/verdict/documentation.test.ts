import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { parse } from 'yaml';

import { dropped, failedAtShadow, notFollowed } from '../../../src/exchange/outcome.ts';
import type { Outcome } from '../../../src/exchange/outcome.ts';
import { burnInSize, scoreReach } from '../../../src/report/tally/count.ts';
import { tallyEntryOf, type TallyEntry } from '../../../src/report/tally/entry.ts';
import {
  addValue,
  emptyTally,
  gridSize,
  routeTally,
  watchedLabels,
} from '../../../src/report/tally.ts';
import type { HoldReason } from '../../../src/verdict/decision.ts';
import { betsOf, logWealths, pairsNeeded, type Claim } from '../../../src/verdict/evidence.ts';
import { evaluateGates, promoteAlpha, rejectAlpha } from '../../../src/verdict/gates.ts';
import { judgedRoutes } from '../../../src/verdict/judged-routes.ts';
import { gateNames, verdictSettings, type GateName } from '../../../src/verdict/settings.ts';
import { judge, type GateRow, type VerdictState } from '../../../src/verdict/verdict.ts';
import { httpService } from '../../kit/http-service.ts';
import { defaultMargins, experiment, settingsWith } from '../../kit/tallies.ts';
import {
  askingReplicas,
  atMargin,
  gates as simulated,
  mostOf,
  promotedAtMargin,
  promotedByReplicas,
} from '../../kit/verdict-runs.ts';
import { verdictIn } from '../../kit/verdicts.ts';
import { configOf, minimal } from '../config/loading.ts';
import {
  answer,
  comparison,
  duplicate,
  exchange,
  failure,
  matching,
  response,
} from '../telemetry/finished-pairs.ts';

const page = readFileSync(new URL('../../../docs/verdict.md', import.meta.url), 'utf8');
const main = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');
const flat = page.replace(/\s+/g, ' ');

/** That the page has a sentence, however its lines are broken. */
function says(sentence: string): void {
  assert.ok(flat.includes(sentence), `docs/verdict.md should say: ${sentence}`);
}

/** The rows of the table with these headings. */
function rowsOf(...headings: string[]): string[][] {
  const lines = page.split('\n').map((line) => line.trim());
  const start = lines.indexOf(`| ${headings.join(' | ')} |`);
  assert.ok(start >= 0, headings.join());
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

function blockOf(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(page);
  assert.ok(found?.[1] !== undefined, language);
  return found[1];
}

const whole = (count: number): string => count.toLocaleString('en-US');
const words = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word!);
const promotion = (attempt: number): number =>
  Math.log(1 / promoteAlpha({ attempt }, settingsWith()));
const rejection = evaluateGates(
  emptyTally(experiment),
  judgedRoutes(emptyTally(experiment), settingsWith()),
  settingsWith(),
)[0]!.need.reject;

test('the configuration of the page is the default, and is valid', () => {
  const stated = parse(blockOf('yaml')) as Record<string, unknown>;
  const config = configOf({ ...minimal, ...stated });
  assert.deepEqual(config.verdict, configOf(minimal).verdict);
  const { prediction_drift: _drift, quality: _quality, ...margins } = defaultMargins;
  // The two others are gates of routes that predict.
  assert.deepEqual(verdictSettings(config, 'replica').margins, margins);
});

test('each gate stands on the page with its default margin', () => {
  for (const gate of gateNames) says(`**${gate}** (${defaultMargins[gate]})`);
  says(`in percent: ${defaultMargins.errors * 100}.`);
  says(`the shadow above ${1 + configOf(minimal).verdict.latency.slower} times the threshold`);
  says(`the first ${watchedLabels} of \`prediction.labels\``);
  says(`at half the margin: ${defaultMargins.prediction_drift / 2} is a twentieth`);
  assert.equal((defaultMargins.prediction_drift / 2) * scoreReach, 1 / 20);
  says(`the first ${burnInSize} live answers of the route`);
  says(`takes ${burnInSize} live answers more`);
  says(`a grid of ${gridSize} values`);
});

const answered = (live: number, shadow: number, found = {}) =>
  tallyEntryOf(
    matching({
      exchange: exchange({ response: response({ status: live }) }),
      shadow: answer({ status: shadow }),
      comparison: comparison(found),
    }),
  );
const failed = (outcome: Outcome, live = 200) =>
  tallyEntryOf({
    exchange: exchange({ response: response({ status: live }) }),
    outcome,
    ...(failedAtShadow.some((each) => each === outcome) && {
      shadow: failure(outcome as (typeof failedAtShadow)[number], 'timeout'),
    }),
  });
const ofLive = dropped.filter((outcome) => outcome.startsWith('live_'));
const incomparable = { result: 'incomparable', reason: 'decode_error' };

/** In the order of the table. */
const ended: readonly (readonly [string, readonly (TallyEntry | undefined)[]])[] = [
  ['`match`', [answered(200, 200)]],
  ['`mismatch`, a value', [answered(200, 200, { result: 'mismatch' })]],
  ['`mismatch`, the contract', [answered(200, 404, { result: 'mismatch', contract: true })]],
  ['only the shadow answered 5xx', [answered(200, 500, { result: 'mismatch', contract: true })]],
  ['only live answered 5xx', [answered(500, 200, { result: 'mismatch', contract: true })]],
  ['both answered 5xx', [answered(500, 503, { result: 'mismatch' }), answered(500, 500)]],
  ['`incomparable`', [answered(200, 200, incomparable)]],
  [
    '`incomparable`, the contract is seen to be broken',
    [answered(200, 200, { ...incomparable, contract: true })],
  ],
  [
    '`incomparable` (`conditional`)',
    [answered(304, 200, { result: 'incomparable', reason: 'conditional' })],
  ],
  [
    failedAtShadow.map((each) => `\`${each}\``).join(', '),
    failedAtShadow.map((each) => failed(each)),
  ],
  ['the same, and live answered 5xx', failedAtShadow.map((each) => failed(each, 500))],
  ['`circuit_open`', [failed('circuit_open')]],
  ['dropped', []],
  ['of live', ofLive.map((each) => failed(each))],
  [
    "not followed, a canary's, sent to the control",
    [
      ...notFollowed.map((each) => failed(each)),
      tallyEntryOf(matching({ exchange: exchange({ mode: 'canary' }) })),
      tallyEntryOf(matching({ shadow: answer({ duplicate: duplicate('control') }) })),
    ],
  ],
];

function countedWhere(entry: TallyEntry | undefined): string[] {
  const cell = (value: number | undefined): string => (value === undefined ? '-' : String(value));
  const { errors, contract, mismatch, shadowMs, coverage } = entry ?? {};
  const latency =
    shadowMs === undefined ? '-' : Number.isFinite(shadowMs) ? 'measured' : 'too late';
  return [cell(errors), cell(contract), cell(mismatch), latency, cell(coverage)];
}

test('what became of an exchange counts where the page says', () => {
  const rows = rowsOf(
    'what became of the exchange',
    'errors',
    'contract',
    'mismatch',
    'latency',
    'coverage',
  );
  assert.equal(rows.length, ended.length);
  for (const [index, [title = '', ...cells]] of rows.entries()) {
    const [name, entries] = ended[index]!;
    if (name === 'dropped' || name === 'of live') {
      const expected =
        name === 'of live'
          ? ofLive
          : dropped.filter((each) => each !== 'circuit_open' && !ofLive.includes(each));
      assert.deepEqual(words(title).sort(), expected.toSorted());
      for (const outcome of expected) {
        assert.deepEqual(countedWhere(failed(outcome)), cells, outcome);
      }
    } else {
      assert.equal(title, name);
    }
    for (const entry of entries) assert.deepEqual(countedWhere(entry), cells, title);
  }
});

/** `nothing`, `0.2 %`, or `2 % only the shadow, 3 % only live` as shares of pairs. */
function ratesOf(text: string): [number, number][] {
  const [more = 0, less = 0] = [...text.matchAll(/([\d.]+) %/g)].map(
    ([, share]) => Number(share) / 100,
  );
  const rates: [number, number][] = [
    [-1, less],
    [0, 1 - more - less],
    [1, more],
  ];
  return rates.filter(([, rate]) => rate > 0);
}

function claimOf(gate: string, direction: Claim['direction'], margin: number): Claim {
  const isShare = ['contract', 'mismatch', 'coverage'].includes(gate);
  return { direction, margin, range: isShare ? [0, 1] : [-1, 1] };
}

test('the pairs that a gate needs are those that the code plans with', () => {
  const attempts = ['attempt 1', 'attempt 2', 'attempt 3'];
  const rows = rowsOf('gate', 'margin', 'what happens', ...attempts);
  const computed = rows.map(([gate = '', , happens = '']) => {
    const margin = defaultMargins[gate as GateName];
    const pairs = [1, 2, 3].map((attempt) =>
      whole(pairsNeeded(claimOf(gate, 'below', margin), ratesOf(happens), promotion(attempt))!),
    );
    return [gate, String(margin), happens, ...pairs];
  });
  assert.deepEqual(rows, computed);
  assert.deepEqual(new Set(rows.map(([gate]) => gate)), new Set(gateNames));

  const failing = rowsOf('gate', 'margin', 'what happens', 'pairs');
  assert.deepEqual(
    failing,
    failing.map(([gate = '', , happens = '']) => {
      const margin = defaultMargins[gate as GateName];
      const pairs = pairsNeeded(claimOf(gate, 'above', margin), ratesOf(happens), rejection)!;
      return [gate, String(margin), happens, whole(pairs)];
    }),
  );
  const share = (rate: number, margin: number): number =>
    pairsNeeded(claimOf('mismatch', 'below', margin), ratesOf(`${rate * 100} %`), promotion(1))!;
  says(`needs about ${whole(share(0, defaultMargins.contract))} pairs`);
  says(`needs ${(share(0.005, 0.01) / share(0, 0.01)).toFixed(1)} times the pairs of none`);
  says(`one at eight tenths ${(share(0.008, 0.01) / share(0, 0.01)).toFixed(1)} times`);
  assert.equal((share(0, 0.005) / share(0, 0.01)).toFixed(1), '2.0');
});

test('attempts have the chances that the page gives them', () => {
  const rows = rowsOf('attempt', 'chance of a wrong promotion', 'evidence needed (`need.promote`)');
  assert.deepEqual(
    rows,
    rows.map(([attempt]) => {
      const chance = promoteAlpha({ attempt: Number(attempt) }, settingsWith());
      return [attempt, String(Number(chance.toPrecision(3))), Math.log(1 / chance).toFixed(3)];
    }),
  );
  const all = Math.PI ** 2 / 6;
  const times = (Math.ceil(all * 1000) / 1000).toFixed(3);
  const { alpha } = configOf(minimal).verdict;
  says(
    `All attempts together: at most ${(alpha * all).toFixed(4)}, which is ${times} times alpha.`,
  );
  says(`The chance of a wrong \`reject\` is ${rejectAlpha} in every attempt`);
  says(`That is ${Math.round(Math.exp(rejection) * rejectAlpha)} with one route`);
  says(`so \`need.reject\` is ${rejection.toFixed(3)}.`);
  says(`although all are within) is at most ${rejectAlpha}.`);
});

test('states and reasons of a hold are all there', () => {
  const states = rowsOf('state', 'what is known', 'score', 'exit code');
  assert.deepEqual(
    states.map(([state, , score]) => [words(state!)[0], Number(score)]),
    (['promote', 'hold', 'collecting', 'reject'] as const).map((state) => [
      state,
      verdictIn(state).score,
    ]),
  );
  const reasons: Readonly<Record<HoldReason, true>> = {
    horizon: true,
    futile: true,
    coverage: true,
    superseded: true,
    conflict: true,
    evidence_overflow: true,
  };
  const rows = rowsOf('`hold.reason`', 'why', 'what to do');
  assert.deepEqual(
    rows.map(([reason]) => words(reason!)[0]),
    Object.keys(reasons),
  );
});

test('the worked example is the row of a verdict, and the program of the page computes it', async () => {
  const tally = emptyTally(experiment);
  const route = routeTally(tally, 'predict');
  addValue(route, 'mismatch', 1, 3);
  addValue(route, 'mismatch', 0, 997);
  for (const cell of ['errors', 'contract', 'coverage']) addValue(route, cell, 0, 1000);
  const { gates } = judge({ active: [{ tally, recent: 1 }], settings: settingsWith(), now: 0 });
  const row = JSON.parse(blockOf('json')) as GateRow;
  assert.deepEqual(rounded(gates.find(({ id }) => id === 'mismatch')), row);
  says('after 1,000 pairs, of which 3 differ');

  const claim: Claim = { direction: 'below', margin: 0.01, range: [0, 1] };
  const counts = Object.entries(row.counts).map(([value, n]) => [Number(value), n] as const);
  const bets = betsOf(claim);
  const wealths = logWealths(claim, counts);
  assert.deepEqual(
    rowsOf('λ', 'ln of the wealth'),
    bets.map((bet, index) => [bet.toFixed(6), wealths[index]!.toFixed(6)]),
  );
  const mean = wealths.reduce((sum, wealth) => sum + Math.exp(wealth), 0) / wealths.length;
  says(
    `= ${bets.at(-1)!.toFixed(6)}, the smallest 0.02 times that, at most 0.2: ${bets[0]!.toFixed(6)}.`,
  );
  says(
    `wealths is ${mean.toFixed(4)}, its logarithm ${Math.log(mean).toFixed(4)}. Needed is ln(1/0.05) = ${promotion(1).toFixed(4)}.`,
  );
  says(`the largest λ is 0.9/(0.01 - 0) = ${betsOf({ ...claim, direction: 'above' }).at(-1)}.`);

  const program = `data:text/javascript,${encodeURIComponent(blockOf('js'))}`;
  const { lnE } = (await import(program)) as {
    lnE: (kind: 'promote' | 'reject', row: GateRow) => number;
  };
  for (const each of gates) {
    assert.ok(Math.abs(lnE('promote', each) - each.lnE.promote) < 1e-9, each.id);
    assert.ok(Math.abs(lnE('reject', each) - each.lnE.reject) < 1e-9, each.id);
  }
});

/** The same with at most ten digits behind the point. */
function rounded(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, item: unknown) =>
    typeof item === 'number' ? Number(item.toFixed(10)) : item,
  );
}

test('the simulations come out as the page says', () => {
  assert.deepEqual(
    rowsOf('gate', 'promoted', 'at most'),
    simulated.map((gate) => [
      gate,
      String(promotedAtMargin(gate)),
      String(Math.floor(mostOf(atMargin.runs) * atMargin.runs)),
    ]),
  );
  says(`after every ${atMargin.pairs} pairs, ${atMargin.looks} times. Of ${atMargin.runs} runs:`);
  const { any, fleet } = promotedByReplicas();
  says(
    `of \`mismatch\` and ${askingReplicas.replicas} replicas: any of them says yes in ${any} of ${askingReplicas.runs} runs, their sum in ${fleet}.`,
  );
});

/** Runs the script of the page as a pipeline would, against one who answers with such a verdict. */
async function runScript(t: TestContext, state: VerdictState | 'nobody') {
  const folder = mkdtempSync(join(tmpdir(), 'twinspan-ci-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const command = join(folder, 'twinspan');
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(command, 0o755);
  const service = await httpService(t, (_request, answering) => {
    if (state === 'nobody') answering.writeHead(503).end();
    else answering.end(JSON.stringify(verdictIn(state, 'fleet')));
  });
  const script = blockOf('sh').replace('--wait 30m', '--wait 100ms --interval 50ms');
  return new Promise<{ status: number; stdout: string; saved: string }>((resolve) => {
    const child = execFile(
      'sh',
      ['-e', '-c', script],
      {
        cwd: folder,
        env: {
          PATH: `${folder}:${process.env['PATH']}`,
          TWINSPAN_URL: service.url,
        },
      },
      (_error, stdout) =>
        resolve({
          status: child.exitCode ?? -1,
          stdout: stdout.trim(),
          saved: readFileSync(join(folder, 'verdict.md'), 'utf8'),
        }),
    );
  });
}

test('the script for a pipeline ends with the codes of the page, and saves the verdict', async (t) => {
  const states = rowsOf('state', 'what is known', 'score', 'exit code');
  const codes = new Map(states.map(([state, , , code]) => [words(state!)[0]!, Number(code)]));
  const echoed = new Map(
    [...blockOf('sh').matchAll(/(\d+|\*)\) echo "([^"]+)"/g)].map(([, code, text]) => [
      code!,
      text!,
    ]),
  );
  await Promise.all(
    (['promote', 'reject', 'hold', 'collecting', 'nobody'] as const).map(async (state) => {
      const { status, stdout, saved } = await runScript(t, state);
      const expected = codes.get(state) ?? 1;
      assert.equal(status, expected, state);
      assert.equal(stdout, echoed.get(String(expected)) ?? echoed.get('*'), state);
      assert.equal(saved.includes(state), state !== 'nobody', state);
    }),
  );
});
