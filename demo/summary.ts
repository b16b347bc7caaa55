/**
 * The demo's text for people: what runs, and what an act has shown (customers, outcomes, agreement, one pair that
 * differs), where to look. And the judgement of an act itself: the reasons for which it counts as failed.
 */

import type { AgreementDescription } from '../src/report/agreement/agreement-description.ts';
import { agreementLines } from '../src/report/agreement/agreement-text.ts';
import { formatCount } from './format-count.ts';
import { MODEL_PATH } from './models/model-server.ts';
import type { ListeningLine } from './models/serve-model.ts';
import type { Observed } from './observe.ts';
import { spanTree } from './span-tree.ts';
import type { Terminal } from './terminal.ts';
import type { Topology } from './topology.ts';
import { percentile, type Traffic } from './traffic.ts';
import { agreementPath, comparedCount, unbalancedBooks, type Status } from './twinspan-admin.ts';

const BAR_WIDTH = 40;
/** One that the two models name differently. */
const DISPUTED_FLOWER = '[6.0, 3.0, 4.8, 1.8]';

/** Why an act failed, each reason a sentence; empty when it did not. */
export function faultsOf({ traffic, status, agreement, verdict }: Observed): string[] {
  const faults: string[] = [];
  const { exchanges } = status;
  if (traffic.errors > 0) faults.push(`customers saw ${traffic.errors} errors`);
  if (traffic.requests === 0) faults.push('no customer request was made');
  for (const books of unbalancedBooks(status)) faults.push(`/status does not balance: ${books}`);
  if (exchanges.in_flight > 0) faults.push(`${exchanges.in_flight} exchanges did not end`);
  if (comparedCount(exchanges.outcomes) === 0) faults.push('no pair was compared');
  else if ((agreement?.predictions.total ?? 0) === 0) faults.push('no prediction was compared');
  if (verdict.experiment === undefined) faults.push(`there is no verdict: ${verdict.reason}`);
  return faults;
}

/** Why it failed, were the shadow the live model itself: then the verdict must be `promote`. */
export function selfFaultsOf(observed: Observed): string[] {
  const { state, reason } = observed.verdict;
  return [
    ...faultsOf(observed),
    ...(state === 'promote'
      ? []
      : [`version 1 beside itself is not ready for a canary but ${state}: ${reason}`]),
  ];
}

/** What runs, before the traffic begins. */
export function printTopology(terminal: Terminal, topology: Topology, envoyBinary: string): void {
  const row = (name: string, ...cells: readonly string[]) =>
    terminal.line(`  ${name.padEnd(10)}${cells.join('')}`);
  const { live, envoyVersion, adminUrl } = topology;
  terminal.line();
  row('models', `trained on ${live.trainingRows} irises, tested on ${live.heldOutRows} others`);
  row('Envoy', `${envoyVersion.padEnd(20)}${envoyBinary}`);
  row('twinspan', `${''.padEnd(20)}${adminUrl}`);
}

/** The two models of an act. */
export function printModels(terminal: Terminal, live: ListeningLine, shadow: ListeningLine): void {
  for (const [side, { model, version, description, heldOutAccuracy }] of [
    ['live', live],
    ['shadow', shadow],
  ] as const) {
    const name = `${model} ${version}`.padEnd(20);
    const right = `${(100 * heldOutAccuracy).toFixed(1)} % right`;
    terminal.line(`  ${side.padEnd(10)}${name}${description.padEnd(30)}${right}`);
  }
}

/** How customers were served, and what became of the pairs. */
export function printObserved(terminal: Terminal, observed: Observed): void {
  printCustomers(terminal, observed.traffic);
  printOutcomes(terminal, observed);
}

/** Each of the books with a mark: whether it balances. */
export function booksText(terminal: Terminal, { balance }: Status): string {
  return Object.entries(balance)
    .map(([name, balanced]) =>
      balanced ? terminal.paint('green', `${name} ✓`) : terminal.paint('red', `${name} ✗`),
    )
    .join('   ');
}

/** Addresses while it runs, files also afterwards. */
export function printWhereToLook(terminal: Terminal, topology: Topology, keep: boolean): void {
  const { adminUrl, customersUrl, envoyAdminUrl, files } = topology;
  const row = (name: string, value: string) => terminal.line(`  ${name.padEnd(20)}${value}`);
  terminal.heading('Where to look next');
  row('spans', `${files.spans}  (OTLP JSON lines)`);
  row('configuration', files.twinspanConfig);
  row('Envoy', files.envoyConfig);
  row('logs', `${files.directory}/*.log`);
  if (!keep) {
    row('keep it running', 'npm run demo -- --keep');
    return;
  }
  row('books', `${adminUrl}/status`);
  row('pairs that differ', `${adminUrl}/v1/pairs?result=mismatch`);
  row('agreement', `${adminUrl}/v1/agreement`);
  row('verdict', `node bin/twinspan.js verdict --url ${adminUrl}`);
  row('metrics', `${adminUrl}/metrics`);
  row("Envoy's admin", envoyAdminUrl);
  row('ask yourself', `curl -s ${customersUrl}${MODEL_PATH}:predict \\`);
  row('', `  -H 'content-type: application/json' -d '{"instances": [${DISPUTED_FLOWER}]}'`);
}

/** How far the two models agree, as twinspan counted and describes it. */
export function printAgreement(terminal: Terminal, agreement: AgreementDescription): void {
  terminal.heading('Agreement', `GET ${agreementPath(agreement.route)}`);
  const lines = agreementLines(agreement);
  while (lines.at(-1) === '') lines.pop();
  for (const line of lines) terminal.line(line);
}

/** A pair whose answers differ: its trace as a tree, and the values. */
export function printExample(
  terminal: Terminal,
  { row, spans }: NonNullable<Observed['example']>,
): void {
  terminal.heading('One pair that differs', `trace ${row.traceId}`);
  for (const line of spanTree(spans, (text) => terminal.paint('dim', text))) {
    terminal.line(`  ${line}`);
  }
  terminal.line();
  for (const { pointer, kind, live, shadow } of row.differences) {
    const values = live === undefined ? kind : `live ${live}   shadow ${shadow ?? 'nothing'}`;
    terminal.line(`  ${terminal.paint('yellow', `${pointer || '(whole body)'}   ${values}`)}`);
  }
}

function printCustomers(terminal: Terminal, traffic: Traffic): void {
  const { requests, errors, latenciesMs, errorExamples } = traffic;
  terminal.heading('Customers');
  const errorText = terminal.paint(errors > 0 ? 'red' : 'green', `${errors} errors`);
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(latenciesMs, share).toFixed(1));
  terminal.line(
    `  ${formatCount(requests)} requests   ${errorText}   p50 ${p50} ms   p99 ${p99} ms`,
  );
  if (requests > 0 && errors === 0) {
    terminal.line('  Every answer was, byte for byte, the one that the live model gives alone.');
  }
  for (const example of errorExamples) terminal.line(`  ${terminal.paint('red', example)}`);
}

function printOutcomes(terminal: Terminal, { status, traffic }: Observed): void {
  const { seen, in_flight, outcomes } = status.exchanges;
  terminal.heading('What became of the requests');
  const rows = Object.entries(outcomes)
    .filter(([, number]) => number > 0)
    .toSorted(([, a], [, b]) => b - a);
  const most = Math.max(1, ...rows.map(([, number]) => number));
  for (const [outcome, number] of rows) {
    const bar = '█'.repeat(Math.max(1, Math.round((number / most) * BAR_WIDTH)));
    const look = outcome === 'match' ? 'green' : 'yellow';
    terminal.line(
      `  ${outcome.padEnd(22)}${formatCount(number).padStart(7)}  ${terminal.paint(look, bar)}`,
    );
  }
  const ended = rows.reduce((sum, [, number]) => sum + number, 0);
  const { sent, answered, failed } = status.shadow;
  terminal.line(
    `  seen ${formatCount(seen)} (of ${formatCount(traffic.requests)}) = ended ${formatCount(ended)} + in flight ${in_flight}`,
  );
  terminal.line(
    `  to the shadow ${formatCount(sent)} = answered ${formatCount(answered)} + failed ${failed}`,
  );
  terminal.line(`  the books agree?  ${booksText(terminal, status)}`);
}
