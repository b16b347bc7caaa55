/**
 * The parts of a verdict as words, for the terminal and for the summary of a CI run. Names come from configurations and
 * labels from models, perhaps by way of a network, so nothing of them can steer a terminal.
 */
import type { GateRow, Verdict, VerdictState } from '../verdict/verdict.ts';

export interface GateWords {
  readonly gate: string;
  readonly route: string;
  readonly margin: string;
  readonly estimate: string;
  readonly sequence: string;
  readonly pairs: string;
  readonly evidence: string;
  readonly state: string;
}

export const headings: GateWords = {
  gate: 'gate',
  route: 'route',
  margin: 'margin',
  estimate: 'estimate',
  sequence: '95 % sure',
  pairs: 'pairs',
  evidence: 'evidence',
  state: 'state',
};

/** What each state means, beside its name. */
export const meanings: Readonly<Record<VerdictState, string>> = {
  promote: 'ready for a canary',
  reject: 'do not promote',
  hold: 'a person has to decide',
  collecting: 'not decided yet',
};

const barLength = 10;

export function gateWords(gate: GateRow): GateWords {
  const { id, route, label, direction, margin, estimate, cs95, counts, state, note } = gate;
  const pairs = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const [lower, upper] = cs95;
  const detail = label === undefined ? '' : ` ${label}${direction === 'less' ? ' less' : ' more'}`;
  return {
    gate: plain(`${id}${detail}`),
    route: plain(route),
    margin: percent(margin),
    estimate: estimate === undefined ? '' : percent(estimate),
    sequence: pairs === 0 ? '' : `${percent(lower)} to ${percent(upper)}`,
    pairs: whole(pairs),
    evidence: note === undefined ? evidenceBar(gate) : plain(note.replaceAll('_', ' ')),
    state,
  };
}

/** `for` the gate, or `against` it, as a share of what it takes to decide. */
function evidenceBar({ lnE, need }: GateRow): string {
  const pro = lnE.promote / need.promote;
  const contra = lnE.reject / need.reject;
  const [word, share] = contra > Math.max(0, pro) ? ['against', contra] : ['for', Math.max(0, pro)];
  const filled = Math.min(barLength, Math.floor(share * barLength));
  const bar = `${'#'.repeat(filled)}${'.'.repeat(barLength - filled)}`;
  return `[${bar}] ${Math.min(999, Math.floor(share * 100))} % ${word}`;
}

/** What is compared, since when, and how much of it there is. */
export function contextLines(verdict: Verdict): string[] {
  const { experiment, pairs, elapsedSeconds, floor, eta, scope } = verdict;
  const lines = [];
  if (experiment !== undefined) {
    const { id, attempt, live, shadow } = experiment;
    lines.push(
      plain(
        `experiment ${id}: ${deployment(shadow)} against ${deployment(live)}, attempt ${attempt}`,
      ),
    );
  }
  lines.push(
    `${whole(pairs.comparable)} pairs compared of ${whole(pairs.sampled)} sampled in ${duration(elapsedSeconds)}; ` +
      `at least ${whole(floor.pairs)} in ${duration(floor.elapsedSeconds)} are needed: ${floor.met ? 'there' : 'not there yet'}`,
    scope === 'fleet' ? 'counts of the whole fleet' : 'counts of one replica',
  );
  if (eta !== undefined) {
    const time = eta.seconds === undefined ? '' : `, ${duration(eta.seconds)} at the rate so far`;
    lines.push(`about ${whole(eta.pairs)} more pairs${time}`);
  }
  return lines;
}

/** On one line, without anything that a terminal would obey. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
}

function deployment({ name, version }: { name?: string; version?: string }): string {
  const words = [name, version].filter((word) => word !== undefined).join(' ');
  return words === '' ? 'an unnamed version' : words;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(3))} %`;
}

function whole(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

function duration(seconds: number): string {
  if (seconds >= 2 * 86_400) return `${Math.floor(seconds / 86_400)} days`;
  if (seconds >= 2 * 3600) return `${Math.floor(seconds / 3600)} hours`;
  if (seconds >= 120) return `${Math.floor(seconds / 60)} minutes`;
  return `${Math.floor(seconds)} s`;
}
