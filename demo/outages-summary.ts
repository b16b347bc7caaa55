/** The outages as text for people, and the reasons for which it counts as failed. */

import type { Phase } from './phase.ts';
import { phaseTable } from './phase-table.ts';
import type { Outages } from './outages.ts';
import { booksText } from './summary.ts';
import type { Terminal } from './terminal.ts';
import { comparedCount, unbalancedBooks } from './twinspan-admin.ts';

const EXPLANATION = [
  "undelivered: not shown to twinspan, by Envoy's count (failure_mode_allowed)",
  'died with it: on its way to twinspan, or there, when that was killed',
];

/** Of each phase; they are mostly alike. */
const MAX_EXAMPLES = 2;

/** Why they failed, each reason a sentence; empty when it did not. */
export function outageFaults({ phases, killed, restarted }: Outages): string[] {
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
export function printOutages(terminal: Terminal, outages: Outages): void {
  terminal.line();
  for (const line of phaseTable(outages.phases, terminal)) terminal.line(`  ${line}`);
  for (const line of EXPLANATION) terminal.line(`  ${terminal.paint('dim', line)}`);
  for (const { name, traffic } of outages.phases) {
    for (const example of traffic.errorExamples.slice(0, MAX_EXAMPLES)) {
      terminal.line(`  ${terminal.paint('red', `${name}: ${example}`)}`);
    }
  }
  terminal.line();
  terminal.line(`  the books agree?  until the kill   ${booksText(terminal, outages.killed)}`);
  terminal.line(`                    after it         ${booksText(terminal, outages.restarted)}`);
}
