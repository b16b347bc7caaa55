/**
 * Proposed rules as YAML: for each route its whole `compare:` section, those in force and those proposed, to replace
 * the one that stands there, each with what was counted beside it. What comes from answers or a configuration is
 * written as quoted JSON, which YAML reads as the same text.
 */
import type { Bounds, CompareRules, RouteNoise, RuleNoise, SideNoise } from './report.ts';
import type { Proposal } from './proposal.ts';
import type { RouteProposals } from './proposals.ts';

export interface Calibration {
  readonly noise: RouteNoise;
  readonly proposals: RouteProposals;
}

/** A line of a list or mapping, with what is to be said of it. */
interface Entry {
  readonly text: string;
  readonly comment?: string;
  readonly warnings?: readonly string[];
}

const head = [
  '# Put each compare: below in the place of the one that its route has; it holds the rules in force as well.',
];
const headOfNew = [
  '# NEW stands at what is proposed, with what was counted. Read each WARNING first: it says what a rule may hide.',
];

/** YAML of `routes:`; it ends with a line feed. */
export function calibrationYaml(calibrations: readonly Calibration[]): string {
  if (calibrations.length === 0) return 'routes: []\n';
  const isNew = calibrations.some(({ proposals }) => proposals.proposals.length > 0);
  return `${[...head, ...(isNew ? headOfNew : []), 'routes:', ...calibrations.flatMap(routeLines)].join('\n')}\n`;
}

function routeLines({ noise, proposals }: Calibration): string[] {
  const compare = compareLines(noise, proposals.proposals);
  return [
    `  # ${quoted(noise.route)} since ${noise.since}: ${(['control', 'shadow'] as const).map((name) => sideText(name, noise[name])).join('; ')}`,
    ...latencyLines(noise),
    ...(proposals.basis === 'shadow'
      ? [
          '  # No control: these are proposed by their form alone, from differences between live and the shadow.',
        ]
      : []),
    ...proposals.notes.map((note) => `  # ${oneLine(note)}`),
    ...(proposals.proposals.length === 0 ? ['  # No new rule is proposed.'] : []),
    `  - name: ${quoted(noise.route)}`,
    ...(compare.length === 0 ? ['    compare: {}'] : ['    compare:', ...compare]),
  ];
}

function sideText(name: 'control' | 'shadow', side: SideNoise): string {
  const { pairs, differing, incomparable } = side;
  if (pairs + incomparable === 0) return `no pairs with the ${name}`;
  const beside = incomparable === 0 ? '' : `, ${incomparable} incomparable`;
  return `${pairs} pairs with the ${name}, of which ${differing} differ${beside}`;
}

function latencyLines({ control, shadow }: RouteNoise): string[] {
  return Object.entries({ control, shadow }).flatMap(([name, { latencyOffset }]) => {
    if (latencyOffset === null) return [];
    const { pairs, medianMs, p95Ms } = latencyOffset;
    return [
      `  # The ${name} takes ${medianMs} ms longer than live at the median, ${p95Ms} ms at p95 (last ${pairs} pairs).`,
    ];
  });
}

function compareLines(noise: RouteNoise, proposals: readonly Proposal[]): string[] {
  const { compare } = noise;
  const normalize = (['timestamp', 'uuid', 'lowercase', 'trim'] as const).flatMap((form) =>
    listLines(`        ${form}`, [
      ...compare.normalize[form].map((place) => inForce(place, `${form} ${place}`, noise)),
      ...proposed(proposals, form),
    ]),
  );
  const unordered = compare.unordered.map((place) => inForce(place, `unordered ${place}`, noise));
  return [
    ...(proposals.some(({ rule }) => rule === 'ignore')
      ? [
          '      # ignore passes over all that happens at a place and below, also a key that is gone.',
        ]
      : []),
    ...listLines('      ignore', [
      ...compare.ignore.map((place) => inForce(place, place, noise)),
      ...proposed(proposals, 'ignore'),
    ]),
    ...listLines('      unordered', [...unordered, ...proposed(proposals, 'unordered')]),
    ...mapLines(
      '      keyed',
      Object.entries(compare.keyed).map(([place, field]) => ({
        ...inForce(place, `keyed ${place}`, noise),
        text: `${quoted(place)}: ${quoted(field)}`,
      })),
    ),
    ...toleranceLines(noise, proposals),
    ...listLines('      nullEqualsMissing', [
      ...compare.nullEqualsMissing.map((place) =>
        inForce(place, `nullEqualsMissing ${place}`, noise),
      ),
      ...proposed(proposals, 'nullEqualsMissing'),
    ]),
    ...(normalize.length === 0 ? [] : ['      normalize:', ...normalize]),
    ...headerLines(compare, proposals),
    ...(compare.conditional === 'skip'
      ? []
      : [`      conditional: ${quoted(compare.conditional)}`]),
    ...(compare.show === 'pointers' ? [] : [`      show: ${quoted(compare.show)}`]),
  ];
}

function inForce(place: string, rule: string, { rules, control, shadow }: RouteNoise): Entry {
  // Two rules that take a text together have both their names.
  const taken = rules.filter((counted) => counted.rule.split(', ').includes(rule));
  const takenFrom = { control: sum(taken, 'control'), shadow: sum(taken, 'shadow') };
  const sides = Object.entries({ control, shadow })
    .filter(([, { pairs }]) => pairs > 0)
    .map(([name, { pairs }]) => {
      return `${takenFrom[name as 'control' | 'shadow']} of ${pairs} pairs with the ${name}`;
    });
  const comment =
    sides.length === 0 ? 'in force' : `in force: took something out of ${sides.join(', ')}`;
  const onlyShadow = control.pairs > 0 && takenFrom.control === 0 && takenFrom.shadow > 0;
  const warnings = onlyShadow
    ? ['live itself did not vary here: this rule hides differences of the shadow']
    : [];
  return { text: quoted(place), comment, warnings };
}

function sum(rules: readonly RuleNoise[], side: 'control' | 'shadow'): number {
  return rules.reduce((total, counted) => total + counted[side], 0);
}

function proposed(proposals: readonly Proposal[], rule: string): Entry[] {
  return proposals.filter((proposal) => proposal.rule === rule).map(entryOf);
}

function entryOf({ place, evidence, warnings }: Proposal): Entry {
  return { text: quoted(place), comment: `NEW: ${evidence}`, warnings };
}

function toleranceLines(noise: RouteNoise, proposals: readonly Proposal[]): string[] {
  const { relative, absolute, paths } = noise.compare.tolerance;
  const entries = new Map<string, Entry>();
  for (const [place, bounds] of Object.entries(paths)) {
    const entry = inForce(place, `tolerance ${place}`, noise);
    entries.set(place, { ...entry, text: `${quoted(place)}: ${boundsText(bounds)}` });
  }
  for (const proposal of proposals) {
    if (proposal.rule !== 'tolerance') continue;
    const { place } = proposal;
    // Bounds of a place replace all others, so that they must not be narrower than what holds there now.
    const held = paths[place] ?? { relative, absolute };
    const bounds = { ...held, relative: Math.max(held.relative, proposal.relative) };
    entries.set(place, { ...entryOf(proposal), text: `${quoted(place)}: ${boundsText(bounds)}` });
  }
  const general = relative === 0 && absolute === 0 ? [] : [{ relative, absolute }];
  const lines = [
    ...general.flatMap((bounds) => [
      `        # ${oneLine(inForce('', 'tolerance', noise).comment ?? '')}`,
      ...(bounds.relative === 0 ? [] : [`        relative: ${bounds.relative}`]),
      ...(bounds.absolute === 0 ? [] : [`        absolute: ${bounds.absolute}`]),
    ]),
    ...mapLines('        paths', [...entries.values()]),
  ];
  return lines.length === 0 ? [] : ['      tolerance:', ...lines];
}

function boundsText({ relative, absolute }: Bounds): string {
  return `{ relative: ${relative}, absolute: ${absolute} }`;
}

const defaultHeaders = ['content-type', 'location'];

function headerLines({ headers }: CompareRules, proposals: readonly Proposal[]): string[] {
  const dropped = proposals.filter(({ rule }) => rule === 'header');
  if (dropped.length === 0 && headers.join() === defaultHeaders.join()) return [];
  const kept = headers.filter((name) => !dropped.some(({ place }) => place === name));
  return [
    ...dropped.flatMap(({ place, evidence, warnings }) => [
      ...warnings.map((warning) => `      # WARNING: ${oneLine(warning)}`),
      `      # NEW: without ${quoted(place)}, which ${oneLine(evidence)}`,
    ]),
    `      headers: [${kept.map(quoted).join(', ')}]`,
  ];
}

function listLines(key: string, entries: readonly Entry[]): string[] {
  return blockLines(
    key,
    entries.map((entry) => ({ ...entry, text: `- ${entry.text}` })),
  );
}

function mapLines(key: string, entries: readonly Entry[]): string[] {
  return blockLines(key, entries);
}

function blockLines(key: string, entries: readonly Entry[]): string[] {
  if (entries.length === 0) return [];
  const indent = ' '.repeat(key.length - key.trimStart().length + 2);
  return [
    `${key}:`,
    ...entries.flatMap(({ text, comment, warnings = [] }) => [
      ...warnings.map((warning) => `${indent}# WARNING: ${oneLine(warning)}`),
      `${indent}${text}${comment === undefined ? '' : ` # ${oneLine(comment)}`}`,
    ]),
  ];
}

function quoted(text: string): string {
  return oneLine(JSON.stringify(text));
}

/** A comment ends with its line, and a terminal obeys what it is sent. */
function oneLine(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
