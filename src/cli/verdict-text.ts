/** A verdict for a person at a terminal: state and reason first, then what to do, then each gate with its evidence. */
import type { Verdict, VerdictState } from '../verdict/verdict.ts';
import {
  contextLines,
  gateWords,
  headings,
  meanings,
  plain,
  type GateWords,
} from './verdict-table.ts';

const colours: Readonly<Record<VerdictState, number>> = {
  promote: 32,
  reject: 31,
  hold: 33,
  collecting: 36,
};

const columns = [
  'gate',
  'route',
  'margin',
  'estimate',
  'sequence',
  'pairs',
  'evidence',
  'state',
] as const;

/** Colour is only for a terminal, and `NO_COLOR` forbids it there too. */
export function verdictText(
  verdict: Verdict,
  options: { readonly isTerminal: boolean; readonly env?: NodeJS.ProcessEnv },
): string {
  const { state, reason, next, gates, warnings } = verdict;
  const isColoured = options.isTerminal && !(options.env ?? process.env)['NO_COLOR'];
  const name = isColoured ? `\u001b[1;${colours[state]}m${state}\u001b[0m` : state;
  const lines = [
    `${name}: ${meanings[state]}`,
    `  ${plain(reason)}`,
    `  next: ${plain(next)}`,
    '',
    ...contextLines(verdict),
  ];
  if (gates.length > 0) lines.push('', ...table([headings, ...gates.map(gateWords)]));
  if (warnings.length > 0) {
    lines.push('', ...warnings.map(({ code, detail }) => plain(`warning ${code}: ${detail}`)));
  }
  return `${lines.join('\n')}\n`;
}

function table(rows: readonly GateWords[]): string[] {
  const widths = columns.map((column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    columns
      .map((column, index) => row[column].padEnd(widths[index]!))
      .join('  ')
      .trimEnd(),
  );
}
