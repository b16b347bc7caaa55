import assert from 'node:assert/strict';
import { test } from 'node:test';

import { splitIris, type Measurements } from '../../../demo/models/iris.ts';
import { trainModel } from '../../../demo/models/model.ts';
import type { Observed } from '../../../demo/observe.ts';
import { faultsOf, printObserved, printWhereToLook } from '../../../demo/summary.ts';
import { createTerminal } from '../../../demo/terminal.ts';
import type { Topology } from '../../../demo/topology.ts';
import { isQuiet, type Status } from '../../../demo/twinspan-admin.ts';

function status(more: Partial<Status['exchanges']> = {}): Status {
  return {
    exchanges: { seen: 1200, in_flight: 0, outcomes: { match: 1100, mismatch: 100 }, ...more },
    shadow: { sent: 1200, in_flight: 0, answered: 1200, failed: 0 },
    spans: { created: 3600, exported: 3600, queued: 0 },
    balance: { exchanges: true, shadow: true, spans: true },
  };
}

function observed(more: Partial<Observed> = {}): Observed {
  return {
    traffic: {
      requests: 1200,
      errors: 0,
      errorExamples: [],
      latenciesMs: [1, 2, 30],
      predictions: new Map(),
    },
    status: status(),
    agreement: {
      labels: ['setosa', 'virginica'],
      counts: [
        [700, 40],
        [60, 400],
      ],
      equal: 1100,
      total: 1200,
      unknownPairs: 0,
    },
    example: undefined,
    ...more,
  };
}

function printed(what: Observed): string[] {
  const lines: string[] = [];
  const output = { write: (text: string) => lines.push(text.trimEnd()) };
  printObserved(createTerminal(output, {}), what);
  return lines;
}

test('a run without customer errors, with balanced books and compared pairs has no fault', () => {
  assert.deepEqual(faultsOf(observed()), []);
});

const faulty: readonly { what: Partial<Observed>; fault: RegExp }[] = [
  { what: { traffic: { ...observed().traffic, errors: 2 } }, fault: /customers saw 2 errors/ },
  { what: { traffic: { ...observed().traffic, requests: 0 } }, fault: /no customer request/ },
  {
    what: {
      status: { ...status(), balance: { exchanges: true, shadow: true, spans: false } },
    },
    fault: /does not balance: spans/,
  },
  { what: { status: status({ in_flight: 3 }) }, fault: /3 exchanges did not end/ },
  { what: { status: status({ outcomes: { shadow_connect: 5 } }) }, fault: /no pair was compared/ },
  {
    what: { agreement: { labels: [], counts: [], equal: 0, total: 0, unknownPairs: 7 } },
    fault: /joined/,
  },
];
for (const { what, fault } of faulty) {
  test(`a run is failed when ${fault.source}`, () => {
    const faults = faultsOf(observed(what));
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? '', fault);
  });
}

test('the matrix has a row for each live label and a column for each shadow label', () => {
  const lines = printed(observed());
  const header = lines.findIndex((line) => line.includes('live \\ shadow'));
  assert.match(lines[header] ?? '', /setosa +virginica$/);
  assert.match(lines[header + 1] ?? '', /^ {2}setosa +700 +40$/);
  assert.match(lines[header + 2] ?? '', /^ {2}virginica +60 +400$/);
  assert.ok(lines.some((line) => line.includes('91.7 % of 1,200 predictions are equal')));
});

test('an example shows its trace and both values', () => {
  const lines = printed(
    observed({
      example: {
        row: {
          requestId: 'r',
          route: 'predict',
          result: 'mismatch',
          traceId: 'abc',
          differences: [{ pointer: '/predictions/0', kind: 'value', live: '"a"', shadow: '"b"' }],
        },
        spans: [],
      },
    }),
  );
  assert.ok(lines.some((line) => line.includes('trace abc')));
  assert.ok(lines.includes('  /predictions/0   live "a"   shadow "b"'));
});

test('no line is wider than 100 columns', () => {
  assert.ok(printed(observed()).every((line) => line.length <= 100));
});

test('it is quiet when nothing is under way and the books agree', () => {
  assert.equal(isQuiet(status()), true);
  assert.equal(isQuiet(status({ in_flight: 1 })), false);
  const { balance, ...rest } = status();
  assert.equal(isQuiet({ ...rest, balance: { ...balance, spans: false } }), false);
  assert.equal(isQuiet({ ...status(), spans: { created: 2, exported: 1, queued: 1 } }), false);
});

test('the request that a reader is invited to try is one on which the models disagree', () => {
  const lines: string[] = [];
  const terminal = createTerminal({ write: (text: string) => lines.push(text) }, {});
  const files = { twinspanConfig: '', envoyConfig: '', spans: '', directory: '' };
  printWhereToLook(terminal, { files } as Topology, true);
  const body = /-d '(.*)'/.exec(lines.join(''))?.[1] ?? '';
  const { instances } = JSON.parse(body) as { instances: Measurements[] };
  const { training } = splitIris();
  assert.notDeepEqual(
    trainModel('iris-tree', training).predict(instances),
    trainModel('iris-neighbours', training).predict(instances),
  );
});
