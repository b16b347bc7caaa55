import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Phase } from '../../../demo/phase.ts';
import type { Outages } from '../../../demo/outages.ts';
import { outageFaults, printOutages } from '../../../demo/outages-summary.ts';
import { createTerminal } from '../../../demo/terminal.ts';
import type { Traffic } from '../../../demo/traffic.ts';
import type { Status } from '../../../demo/twinspan-admin.ts';

const traffic: Traffic = {
  requests: 200,
  errors: 0,
  errorExamples: [],
  latenciesMs: [1, 2, 3],
};
const balanced: Status = {
  exchanges: { seen: 200, in_flight: 0, outcomes: { match: 200 } },
  shadow: { sent: 200, in_flight: 0, answered: 200, failed: 0 },
  spans: { created: 600, exported: 600, queued: 0 },
  balance: { exchanges: true, shadow: true, spans: true },
};
const unbalanced: Status = {
  ...balanced,
  balance: { exchanges: true, shadow: false, spans: true },
};

function phase(name: string, more: Partial<Phase> = {}): Phase {
  return {
    name,
    traffic,
    outcomes: { match: 190, mismatch: 10 },
    undelivered: 0,
    expectsPairs: true,
    ...more,
  };
}

function outages(more: Partial<Outages> = {}): Outages {
  return {
    phases: [
      phase('quiet'),
      phase('shadow killed', { outcomes: { circuit_open: 200 }, expectsPairs: false }),
      phase('shadow back'),
      phase('twinspan killed', { outcomes: undefined, undelivered: 198, expectsPairs: false }),
      phase('twinspan back'),
    ],
    killed: balanced,
    restarted: balanced,
    ...more,
  };
}

test('outages that nobody noticed, after which pairs came back, have no fault', () => {
  assert.deepEqual(outageFaults(outages()), []);
});

const faulty: readonly { what: Partial<Outages>; fault: RegExp }[] = [
  {
    what: { phases: [phase('twinspan killed', { traffic: { ...traffic, errors: 3 } })] },
    fault: /^twinspan killed: customers saw 3 errors$/,
  },
  {
    what: { phases: [phase('shadow back', { traffic: { ...traffic, requests: 0 } })] },
    fault: /^shadow back: no customer request was made$/,
  },
  {
    what: { phases: [phase('shadow back', { outcomes: { circuit_open: 200 } })] },
    fault: /^shadow back: no pair was compared$/,
  },
  {
    what: { phases: [phase('twinspan back', { outcomes: undefined })] },
    fault: /^twinspan back: no pair was compared$/,
  },
  { what: { killed: unbalanced }, fault: /did not balance before twinspan was killed: shadow$/ },
  { what: { restarted: unbalanced }, fault: /not balance after the restart of twinspan: shadow$/ },
  {
    what: { restarted: { ...balanced, exchanges: { ...balanced.exchanges, in_flight: 2 } } },
    fault: /^2 exchanges did not end/,
  },
];
for (const { what, fault } of faulty) {
  test(`the run is failed when ${fault.source}`, () => {
    const faults = outageFaults(outages(what));
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? '', fault);
  });
}

function printed(what: Outages): string[] {
  const lines: string[] = [];
  printOutages(createTerminal({ write: (text: string) => lines.push(text.trimEnd()) }, {}), what);
  return lines;
}

test('the quiet phase stands first, and each phase has its row', () => {
  const text = printed(outages()).join('\n');
  assert.match(
    text,
    /^ {2}quiet [^]*\n {2}shadow killed [^]*\n {2}shadow back [^]*\n {2}twinspan killed [^]*\n {2}twinspan back /m,
  );
});

test('the books of both twinspans are shown', () => {
  const lines = printed(outages({ restarted: unbalanced }));
  assert.ok(lines.some((line) => /until the kill .*shadow ✓/.test(line)));
  assert.ok(lines.some((line) => /after it .*shadow ✗/.test(line)));
});

test('what went wrong for a customer is told with its phase', () => {
  const phases = [
    phase('shadow back', { traffic: { ...traffic, errors: 1, errorExamples: ['POST /p: 500'] } }),
  ];
  assert.ok(printed(outages({ phases })).includes('  shadow back: POST /p: 500'));
});

test('no line is wider than 80 columns', () => {
  assert.ok(printed(outages()).every((line) => line.length <= 80));
});
