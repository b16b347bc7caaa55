/** Phases as a table: what customers saw in each, and beside it what twinspan and Envoy said of the same requests. */

import { formatCount } from './format-count.ts';
import type { Phase } from './phase.ts';
import type { Terminal } from './terminal.ts';
import { percentile } from './traffic.ts';

type Painter = Pick<Terminal, 'paint'>;

const NAME_WIDTH = 16;
const NUMBER_WIDTH = 8;
/** Where the words about the requests begin, and how many columns there are for them. */
const WORDS_COLUMN = NAME_WIDTH + 4 * NUMBER_WIDTH + 3;
const WORDS_WIDTH = 27;

/** The lines of the table, at most 78 columns. */
export function phaseTable(phases: readonly Phase[], painter: Painter): string[] {
  const titles = ['sent', 'errors', 'p50 ms', 'p99 ms'];
  const header =
    'customers'.padEnd(NAME_WIDTH) + titles.map((title) => title.padStart(NUMBER_WIDTH)).join('');
  return [
    painter.paint('dim', `${header}   what became of them`),
    ...phases.flatMap((phase) => rowOf(phase, painter)),
  ];
}

function rowOf(phase: Phase, painter: Painter): string[] {
  const { requests, errors, latenciesMs } = phase.traffic;
  const numbers = [
    formatCount(requests).padStart(NUMBER_WIDTH),
    painter.paint(errors > 0 ? 'red' : 'green', formatCount(errors).padStart(NUMBER_WIDTH)),
    percentile(latenciesMs, 0.5).toFixed(1).padStart(NUMBER_WIDTH),
    percentile(latenciesMs, 0.99).toFixed(1).padStart(NUMBER_WIDTH),
  ];
  const [first = '', ...more] = wrap(wordsOn(phase));
  return [
    `${phase.name.padEnd(NAME_WIDTH)}${numbers.join('')}   ${first}`,
    ...more.map((line) => ' '.repeat(WORDS_COLUMN) + line),
  ];
}

/** twinspan's outcomes, the most frequent first, then what Envoy knows better. */
function wordsOn({ outcomes, undelivered, traffic }: Phase): string[] {
  const counts: [string, number][] = Object.entries(outcomes ?? {}).toSorted(
    ([, a], [, b]) => b - a,
  );
  counts.push(['undelivered', undelivered]);
  if (outcomes === undefined) counts.push(['died with it', traffic.requests - undelivered]);
  const words = counts
    .filter(([, number]) => number > 0)
    .map(([name, number]) => `${name} ${formatCount(number)}`);
  return outcomes === undefined ? ['nothing seen', ...words] : words;
}

/** As many on a line as fit. */
function wrap(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.pop();
    const longer = last === undefined ? word : `${last}, ${word}`;
    if (last === undefined || longer.length <= WORDS_WIDTH) lines.push(longer);
    else lines.push(last, word);
  }
  return lines;
}
