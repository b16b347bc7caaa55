import assert from 'node:assert/strict';
import { test } from 'node:test';

import { splitIris, type Measurements } from '../../../demo/models/iris.ts';
import { trainModel } from '../../../demo/models/model.ts';
import type { Observed } from '../../../demo/observe.ts';
import {
  faultsOf,
  printAgreement,
  printExample,
  printObserved,
  printWhereToLook,
  selfFaultsOf,
} from '../../../demo/summary.ts';
import { createTerminal, type Terminal } from '../../../demo/terminal.ts';
import type { Topology } from '../../../demo/topology.ts';
import { isQuiet, type Status } from '../../../demo/twinspan-admin.ts';
import { AgreementRecorder } from '../../../src/report/agreement/agreement-recorder.ts';
import { describeAgreement } from '../../../src/report/agreement/describe-agreement.ts';
import { comparisonOf, labelPair } from '../../kit/predictions.ts';
import { verdictIn } from '../../kit/verdicts.ts';

function status(more: Partial<Status['exchanges']> = {}): Status {
  return {
    exchanges: { seen: 1200, in_flight: 0, outcomes: { match: 1100, mismatch: 100 }, ...more },
    shadow: { sent: 1200, in_flight: 0, answered: 1200, failed: 0 },
    spans: { created: 3600, exported: 3600, queued: 0 },
    balance: { exchanges: true, shadow: true, spans: true },
  };
}

const counts = [
  ['setosa', 'setosa', 700],
  ['setosa', 'virginica', 40],
  ['virginica', 'setosa', 60],
  ['virginica', 'virginica', 400],
] as const;

function agreement() {
  const recorder = new AgreementRecorder({ labelsByRoute: () => new Map(), segmentValues: {} });
  for (const [live, shadow, pairs] of counts) {
    const comparison = comparisonOf({ prediction: labelPair(live, shadow) });
    for (let pair = 0; pair < pairs; pair += 1) recorder.record('e', 'predict', comparison);
  }
  return describeAgreement('e', 'predict', recorder.routesOf('e').get('predict')!);
}

function observed(more: Partial<Observed> = {}): Observed {
  return {
    traffic: { requests: 1200, errors: 0, errorExamples: [], latenciesMs: [1, 2, 30] },
    status: status(),
    verdict: verdictIn('promote'),
    agreement: agreement(),
    example: undefined,
    ...more,
  };
}

function printed(print: (terminal: Terminal) => void): string[] {
  const lines: string[] = [];
  print(createTerminal({ write: (text: string) => lines.push(text.trimEnd()) }, {}));
  return lines;
}

test('a run without customer errors, with balanced books and compared pairs has no fault', () => {
  assert.deepEqual(faultsOf(observed()), []);
  assert.deepEqual(selfFaultsOf(observed()), []);
});

const { experiment: _none, ...noExperiment } = verdictIn('collecting');
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
  { what: { agreement: undefined }, fault: /no prediction was compared/ },
  { what: { verdict: noExperiment }, fault: /there is no verdict/ },
];
for (const { what, fault } of faulty) {
  test(`a run is failed when ${fault.source}`, () => {
    const faults = faultsOf(observed(what));
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? '', fault);
  });
}

test('version 2 may get any verdict; version 1 beside itself must be ready for a canary', () => {
  for (const state of ['collecting', 'hold', 'reject'] as const) {
    const what = observed({ verdict: verdictIn(state) });
    assert.deepEqual(faultsOf(what), []);
    assert.match(selfFaultsOf(what).join(), new RegExp(`not ready for a canary but ${state}: `));
  }
});

test('the agreement is told as twinspan tells it: the matrix and what it says', () => {
  const lines = printed((terminal) => printAgreement(terminal, agreement()));
  assert.ok(lines.includes('Agreement   GET /v1/agreement?route=predict'));
  const header = lines.findIndex((line) => line.includes('live \\ shadow'));
  assert.match(lines[header] ?? '', /setosa +virginica$/);
  assert.match(lines[header + 1] ?? '', /^ {2}setosa +700 +40$/);
  assert.match(lines[header + 2] ?? '', /^ {2}virginica +60 +400$/);
  assert.ok(lines.some((line) => /labels agree +91\.7 %/.test(line)));
  assert.notEqual(lines.at(-1), '');
});

test('an example shows its trace and both values', () => {
  const row = {
    requestId: 'r',
    route: 'predict',
    result: 'mismatch',
    traceId: 'abc',
    differences: [{ pointer: '/predictions/0', kind: 'value', live: '"a"', shadow: '"b"' }],
  };
  const lines = printed((terminal) => printExample(terminal, { row, spans: [] }));
  assert.ok(lines.some((line) => line.includes('trace abc')));
  assert.ok(lines.includes('  /predictions/0   live "a"   shadow "b"'));
});

test('no line is wider than 100 columns', () => {
  const lines = printed((terminal) => {
    printObserved(terminal, observed());
    printAgreement(terminal, agreement());
  });
  assert.ok(lines.length > 10);
  assert.ok(lines.every((line) => line.length <= 100));
});

test('it is quiet when nothing is under way and the books agree', () => {
  assert.equal(isQuiet(status()), true);
  assert.equal(isQuiet(status({ in_flight: 1 })), false);
  const { balance, ...rest } = status();
  assert.equal(isQuiet({ ...rest, balance: { ...balance, spans: false } }), false);
  assert.equal(isQuiet({ ...status(), spans: { created: 2, exported: 1, queued: 1 } }), false);
});

test('the request that a reader is invited to try is one on which the models disagree', () => {
  const files = { twinspanConfig: '', envoyConfig: '', spans: '', directory: '' };
  const lines = printed((terminal) => printWhereToLook(terminal, { files } as Topology, true));
  const body = /-d '(.*)'/.exec(lines.join('\n'))?.[1] ?? '';
  const { instances } = JSON.parse(body) as { instances: Measurements[] };
  const { training } = splitIris();
  assert.notDeepEqual(
    trainModel('iris-tree', training).predict(instances),
    trainModel('iris-neighbours', training).predict(instances),
  );
});
