/**
 * A verdict as text for people: the state, why, what to do, and the gates it rests on with their evidence. The words are
 * twinspan's own; what they mean for the demo's two models is added.
 */

import { gateWords, headings, meanings, type GateWords } from '../src/cli/verdict-table.ts';
import type { GateRow, Verdict } from '../src/verdict/verdict.ts';
import { MAX_EXTRA_SECONDS } from './observe.ts';
import type { Look, Terminal } from './terminal.ts';
import { verdictPath } from './twinspan-admin.ts';
import { wrapText } from './wrap-text.ts';

/** Which gates are listed. */
export type ListedGates =
  /** Each, but of the many that watch how often labels are predicted only the worst of a route. */
  | 'all'
  /** Those that have not passed; the others are counted. */
  | 'not passed';

const WIDTH = 96;
const LOOKS: Readonly<Record<Verdict['state'], Look>> = {
  promote: 'green',
  reject: 'red',
  hold: 'yellow',
  collecting: 'cyan',
};
const GATE_LOOKS: Readonly<Record<GateRow['state'], Look>> = {
  passed: 'green',
  failed: 'red',
  open: 'yellow',
};
const COLUMNS = ['gate', 'route', 'margin', 'estimate', 'pairs', 'evidence', 'state'] as const;

/** The verdict on that version of the shadow. */
export function printVerdict(terminal: Terminal, verdict: Verdict, listed: ListedGates): void {
  const { state, reason, next, experiment, gates } = verdict;
  const shadowVersion = experiment?.shadow.version ?? '';
  terminal.heading('The verdict', `GET ${verdictPath(shadowVersion)}`);
  terminal.line(
    `  ${terminal.paint(LOOKS[state], terminal.paint('bold', state))}: ${meanings[state]}`,
  );
  const indented = (text: string) => {
    for (const line of wrapText(text, WIDTH)) terminal.line(`  ${line}`);
  };
  indented(reason);
  indented(`next: ${next}`);
  if (state === 'collecting')
    indented(`Not decided, after ${MAX_EXTRA_SECONDS} s more than asked.`);
  const rows = listed === 'all' ? withoutBetterLabels(gates) : gates.filter(isNotPassed);
  if (rows.length > 0) {
    terminal.line();
    for (const line of gateTable(rows, terminal)) terminal.line(`  ${line}`);
  }
  const others = gates.length - rows.length;
  if (others > 0) terminal.line(terminal.paint('dim', `  ${othersText(others, listed)}`));
}

/** What the verdict on version 2 means, where that is easily misread; nothing where it is not. */
export function printMeaning(terminal: Terminal, { state, gates }: Verdict): void {
  const failed = gates.filter((gate) => gate.state === 'failed');
  const isDrift = failed.length > 0 && failed.every(({ id }) => id === 'prediction_drift');
  if (state !== 'reject' || !isDrift) return;
  terminal.line();
  for (const line of wrapText(driftMeaning(failed), WIDTH)) {
    terminal.line(`  ${terminal.paint('yellow', line)}`);
  }
}

function driftMeaning(failed: readonly GateRow[]): string {
  const changes = failed.map(
    ({ label = '', direction, estimate = 0 }) =>
      `${(100 * estimate).toFixed(1)} ${direction === 'less' ? 'fewer' : 'more'} "${label}"`,
  );
  return (
    'That does not say that version 2 is wrong: only the true species could tell which of the two is right. ' +
    `It says that customers would be told other species than today: of 100 answers ${changes.join(' and ')}, ` +
    `where the margin is ${100 * (failed[0]?.margin ?? 0)}. ` +
    'If that is what version 2 is for, state a wider margin before the next attempt.'
  );
}

/** Of all gates that watch a label of one route, the one that is furthest from passing. */
function withoutBetterLabels(gates: readonly GateRow[]): GateRow[] {
  const badness = (gate: GateRow): number => gate.lnE.reject - gate.lnE.promote;
  return gates.filter(
    (gate) =>
      gate.label === undefined ||
      gates.every(
        (other) =>
          other === gate ||
          other.id !== gate.id ||
          other.route !== gate.route ||
          badness(other) < badness(gate) ||
          (badness(other) === badness(gate) && gates.indexOf(gate) < gates.indexOf(other)),
      ),
  );
}

function isNotPassed({ state }: GateRow): boolean {
  return state !== 'passed';
}

function othersText(count: number, listed: ListedGates): string {
  return listed === 'all'
    ? `and ${count} more gates that watch labels, none of them nearer to its margin`
    : `the other ${count} gates have passed`;
}

function gateTable(gates: readonly GateRow[], terminal: Terminal): string[] {
  const rows = gates.map((gate) => ({ words: gateWords(gate), look: GATE_LOOKS[gate.state] }));
  const width = (column: keyof GateWords) =>
    Math.max(...[headings, ...rows.map(({ words }) => words)].map((words) => words[column].length));
  const cells = (words: GateWords) => COLUMNS.map((column) => words[column].padEnd(width(column)));
  return [
    terminal.paint('dim', cells(headings).join(' ').trimEnd()),
    ...rows.map(({ words, look }) =>
      [...cells(words).slice(0, -1), terminal.paint(look, words.state)].join(' '),
    ),
  ];
}
