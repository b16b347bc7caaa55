import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createTerminal } from '../../../demo/terminal.ts';
import { printMeaning, printVerdict, type ListedGates } from '../../../demo/verdict-summary.ts';
import { judge, type Verdict } from '../../../src/verdict/verdict.ts';
import { entry, settingsWith, tallyOf } from '../../kit/tallies.ts';
import { verdictIn } from '../../kit/verdicts.ts';

const labels = ['setosa', 'versicolor', 'virginica'];

/** The verdict on a shadow that says versicolor instead of virginica in so many of 1,000 pairs. */
function drifting(changed: number, more: { readonly errors?: number } = {}): Verdict {
  const threshold = { p95: 1, p99: 2 };
  const settings = settingsWith(
    {
      mode: 'noninferior',
      floor: { pairs: 200, elapsed: 0 },
      margins: { errors: 0.03, contract: 0.03, latency_p95: 0.03, prediction_drift: 0.02 },
      latency: { threshold },
    },
    [{ name: 'predict', prediction: { labels }, verdict: { margins: {} } }],
  );
  const entries = Array.from({ length: 1000 }, (_, index) => {
    const shadow = index < changed ? 'versicolor' : 'virginica';
    const predicted =
      shadow === 'virginica'
        ? { virginica: { live: 1, shadow: 1 } }
        : { virginica: { live: 1, shadow: 0 }, versicolor: { live: 0, shadow: 1 } };
    return entry({
      prediction: { count: 1, labels: predicted },
      ...(index < (more.errors ?? 0) && { errors: 1 }),
    });
  });
  const tally = tallyOf(entries, {
    slower: 0.1,
    thresholdMs: { p95: 1000, p99: 2000 },
    labels: () => labels,
  });
  return judge({ active: [{ tally, recent: 0 }], settings, now: 10_000 });
}

function printed(verdict: Verdict, listed: ListedGates = 'all'): string[] {
  const lines: string[] = [];
  const terminal = createTerminal({ write: (text: string) => lines.push(text.trimEnd()) }, {});
  printVerdict(terminal, verdict, listed);
  printMeaning(terminal, verdict);
  return lines;
}

test('the state, its reason and what to do next stand first, whatever the state', () => {
  for (const state of ['promote', 'reject', 'hold', 'collecting'] as const) {
    const verdict = verdictIn(state);
    const words = printed(verdict).join(' ').replaceAll(/\s+/g, ' ');
    assert.match(words, new RegExp(`^ ?The verdict GET /v1/verdict\\?shadow=2 ${state}: `));
    assert.ok(words.includes(verdict.reason), words);
    assert.ok(words.includes(`next: ${verdict.next}`), words);
    assert.equal(words.includes('Not decided, after'), state === 'collecting');
  }
});

test('of the gates that watch labels one stands for all, the one that is furthest from passing', () => {
  const lines = printed(drifting(10));
  const rows = lines.filter((line) => line.includes('prediction_drift'));
  assert.equal(rows.length, 1, lines.join('\n'));
  assert.match(rows[0]!, /prediction_drift versicolor more +predict +2 % +1 % +1,000 /);
  assert.ok(lines.some((line) => /and 7 more gates that watch labels/.test(line)));
});

test('where only gates that have not passed are listed, the others are counted', () => {
  const verdict = drifting(80);
  assert.equal(verdict.state, 'reject');
  const lines = printed(verdict, 'not passed');
  const states = lines.flatMap(
    (line) => / % (?:for|against) +(passed|failed|open)$/.exec(line)?.[1] ?? [],
  );
  assert.deepEqual(states, ['failed', 'failed']);
  assert.ok(lines.includes(`  the other ${verdict.gates.length - 2} gates have passed`));
});

test('a rejection for other predictions is explained: it does not say which of the two is right', () => {
  const words = printed(drifting(80)).join(' ').replaceAll(/\s+/g, ' ');
  assert.match(words, /does not say that version 2 is wrong/);
  assert.match(words, /8\.0 more "versicolor" and 8\.0 fewer "virginica", where the margin is 2\./);
});

test('what is no rejection, or one for another reason as well, is not explained by predictions', () => {
  for (const verdict of [drifting(0), drifting(80, { errors: 300 }), verdictIn('reject')]) {
    assert.doesNotMatch(printed(verdict).join(' '), /does not say/);
  }
});

test('no line is wider than 100 columns', () => {
  for (const verdict of [drifting(80), drifting(0), verdictIn('hold')]) {
    for (const line of printed(verdict)) assert.ok(line.length <= 100, line);
  }
});
