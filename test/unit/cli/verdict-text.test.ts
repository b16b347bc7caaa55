import assert from 'node:assert/strict';
import { test } from 'node:test';

import { verdictMarkdown } from '../../../src/cli/verdict-markdown.ts';
import { verdictText } from '../../../src/cli/verdict-text.ts';
import type { Verdict } from '../../../src/verdict/verdict.ts';
import { verdictIn } from '../../kit/verdicts.ts';

const states = ['promote', 'reject', 'hold', 'collecting'] as const;
const plainText = (verdict: Verdict): string => verdictText(verdict, { isTerminal: false });

test('the text begins with the state, the reason and what to do', () => {
  for (const state of states) {
    const verdict = verdictIn(state);
    const [first, second, third] = plainText(verdict).split('\n');
    assert.match(first!, new RegExp(`^${state}: `));
    assert.equal(second, `  ${verdict.reason}`);
    assert.equal(third, `  next: ${verdict.next}`);
  }
});

test('each gate has a line with its evidence, for it or against it', () => {
  const promote = plainText(verdictIn('promote')).split('\n');
  assert.match(
    promote.find((line) => line.startsWith('errors'))!,
    /^errors +predict +0\.5 % +0 % +-?[\d.]+ % to 0\.[\d.]+ % +10,000 +\[#{10}\] \d+ % for +passed$/,
  );
  const reject = plainText(verdictIn('reject')).split('\n');
  assert.match(
    reject.find((line) => line.startsWith('errors'))!,
    /25 % .* \[#{10}\] \d+ % against +failed$/,
  );
  const collecting = plainText(verdictIn('collecting')).split('\n');
  assert.match(
    collecting.find((line) => line.startsWith('errors'))!,
    /\[#*\.+\] \d+ % for +open$/,
  );
});

test('columns stand below each other', () => {
  const lines = plainText(verdictIn('promote')).split('\n');
  const head = lines.find((line) => line.startsWith('gate '))!;
  for (const line of lines.filter((each) => each.endsWith('passed'))) {
    assert.equal(line.indexOf('passed'), head.indexOf('state'));
    assert.equal(line.indexOf('['), head.indexOf('evidence'));
  }
});

test('colour is for a terminal that did not say no', () => {
  const verdict = verdictIn('promote');
  const coloured = verdictText(verdict, { isTerminal: true, env: {} });
  assert.ok(coloured.startsWith('\u001b[1;32mpromote\u001b[0m: '));
  assert.doesNotMatch(
    verdictText(verdict, { isTerminal: true, env: { NO_COLOR: '1' } }),
    /(?!\n)\p{Cc}/u,
  );
  assert.doesNotMatch(plainText(verdict), /(?!\n)\p{Cc}/u);
});

test('a name from outside steers no terminal and is no markup', () => {
  const verdict = verdictIn('promote');
  const [gate, ...others] = verdict.gates;
  const hostile = {
    ...verdict,
    reason: 'a\u001b[2Jb\nc\u202ed',
    gates: [{ ...gate!, route: '<img src=x>|`rm`\u001b]0;x\u0007', label: '*b*' }, ...others],
  };
  const text = plainText(hostile);
  assert.doesNotMatch(text, /(?!\n)[\p{Cc}\p{Cf}]/u);
  assert.match(text, /a \[2Jb c d/);
  const markdown = verdictMarkdown(hostile);
  assert.doesNotMatch(markdown, /(?!\n)[\p{Cc}\p{Cf}]/u);
  assert.match(markdown, /\\<img src=x\\>\\\|\\`rm\\`/);
  assert.match(markdown, /\\\*b\\\*/);
});

test('a gate that has nothing to go by says why in place of evidence', () => {
  const verdict = verdictIn('collecting');
  const [gate] = verdict.gates;
  const open = { ...gate!, counts: {}, note: 'not_configured' as const };
  assert.match(plainText({ ...verdict, gates: [open] }), / 0 +not configured +open$/m);
});

test('markdown is a heading, what to do, and a table of the gates', () => {
  const verdict = verdictIn('promote');
  const lines = verdictMarkdown(verdict).split('\n');
  assert.equal(lines[0], '### Shadow: promote, ready for a canary');
  assert.ok(lines.some((line) => line.startsWith('**Next:** ')));
  const rows = lines.filter((line) => line.startsWith('|'));
  assert.equal(rows.length, verdict.gates.length + 2);
  const cells = new Set(rows.map((row) => row.split(/(?<!\\)\|/).length));
  assert.equal(cells.size, 1);
});

test('a verdict of nothing has no table', () => {
  const empty: Verdict = { ...verdictIn('collecting'), gates: [], warnings: [] };
  assert.doesNotMatch(plainText(empty), /evidence/);
  assert.doesNotMatch(verdictMarkdown(empty), /\|/);
});
