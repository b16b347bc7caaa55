/** The second act as text for people, and the reasons for which it counts as failed. */

import type { Phase } from './phase.ts';
import { phaseTable } from './phase-table.ts';
import type { SecondAct } from './second-act.ts';
import { booksText } from './summary.ts';
import type { Terminal } from './terminal.ts';
import { comparedCount, unbalancedBooks } from './twinspan-admin.ts';

const EXPLANATION = [
  "undelivered: not shown to twinspan, by Envoy's count (failure_mode_allowed)",
  'died with it: on its way to twinspan, or there, when that was killed',
];

/** Of each phase; they are mostly alike. */
const MAX_EXAMPLES = 2;

/** Why the act failed, each reason a sentence; empty when it did not. */
export function secondActFaults({ phases, killed, restarted }: SecondAct): string[] {
  const inFlight = restarted.exchanges.in_flight;
  return [
    ...phases.flatMap(phaseFaults),
    ...unbalancedBooks(killed).map(
      (books) => `/status did not balance before twinspan was killed: ${books}`,
    ),
    ...unbalancedBooks(restarted).map(
      (books) => `/status does not balance after the restart of twinspan: ${books}`,
    ),
    ...(inFlight > 0 ? [`${inFlight} exchanges did not end after the restart of twinspan`] : []),
  ];
}

function phaseFaults({ name, traffic, outcomes, expectsPairs }: Phase): string[] {
  return [
    ...(traffic.errors > 0 ? [`${name}: customers saw ${traffic.errors} errors`] : []),
    ...(traffic.requests === 0 ? [`${name}: no customer request was made`] : []),
    ...(expectsPairs && comparedCount(outcomes ?? {}) === 0
      ? [`${name}: no pair was compared`]
      : []),
  ];
}

/** The phases beside each other, and the books of both twinspans. */
export function printSecondAct(terminal: Terminal, act: SecondAct): void {
  terminal.line();
  for (const line of phaseTable(act.phases, terminal)) terminal.line(`  ${line}`);
  for (const line of EXPLANATION) terminal.line(`  ${terminal.paint('dim', line)}`);
  for (const { name, traffic } of act.phases) {
    for (const example of traffic.errorExamples.slice(0, MAX_EXAMPLES)) {
      terminal.line(`  ${terminal.paint('red', `${name}: ${example}`)}`);
    }
  }
  terminal.line();
  terminal.line(`  the books agree?  until the kill   ${booksText(terminal, act.killed)}`);
  terminal.line(`                    after it         ${booksText(terminal, act.restarted)}`);
}
