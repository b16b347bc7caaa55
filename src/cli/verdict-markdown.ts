/** A verdict for the summary of a CI run or a comment on a change. */
import type { Verdict } from '../verdict/verdict.ts';
import { contextLines, gateWords, headings, meanings, plain } from './verdict-table.ts';

export function verdictMarkdown(verdict: Verdict): string {
  const { state, reason, next, gates, warnings } = verdict;
  const rows = gates.map((gate) => Object.values(gateWords(gate)));
  const table =
    rows.length === 0
      ? []
      : [
          rowOf(Object.values(headings)),
          rowOf(Object.keys(headings).map(() => '---')),
          ...rows.map(rowOf),
          '',
        ];
  return [
    `### Shadow: ${state}, ${meanings[state]}`,
    '',
    escaped(reason),
    '',
    `**Next:** ${escaped(next)}`,
    '',
    ...table,
    ...contextLines(verdict).map((line) => `- ${escaped(line)}`),
    ...warnings.map(({ code, detail }) => `- warning ${escaped(`${code}: ${detail}`)}`),
    '',
  ].join('\n');
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.map((cell) => (cell === '---' ? cell : escaped(cell))).join(' | ')} |`;
}

/** Names and labels are words, and no markup. */
function escaped(text: string): string {
  return plain(text).replaceAll(/[\\`*_{}[\]<>|#!&~]/g, (mark) => `\\${mark}`);
}
