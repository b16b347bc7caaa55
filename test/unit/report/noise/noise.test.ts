import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Noise } from '../../../../src/report/noise/noise.ts';
import { answer, comparison, duplicate, exchange, times } from '../../telemetry/finished-pairs.ts';
import { at, pair, rulesOfRoute } from './noise-pairs.ts';

const routes = [rulesOfRoute()];

test('a pair counts once in a group, however often it differs there, and once in each kind', () => {
  const noise = new Noise(() => 0);
  noise.add(
    pair('control', [
      at('/items/*'),
      at('/items/*'),
      at('/items/*', { kind: 'type', contract: true }),
    ]),
  );
  noise.add(pair('control', [at('/items/*')]));
  noise.add(pair('control'));
  const [route] = noise.report(routes).routes;
  assert.equal(route?.control.pairs, 3);
  assert.equal(route.control.differing, 2);
  const [group] = route.groups;
  assert.equal(group?.group, '/items/*');
  assert.equal(group.control.differed, 2);
  assert.deepEqual(group.control.kinds, { value: 2, type: 1 });
  assert.equal(group.control.contract, 1);
  assert.equal(group.control.values, 3);
  assert.equal(group.shadow.differed, 0);
});

test('pairs with the control and pairs with the shadow are counted apart', () => {
  const noise = new Noise(() => 0);
  for (let count = 0; count < 4; count += 1) noise.add(pair('control', [at('/id')]));
  for (let count = 0; count < 10; count += 1) {
    noise.add(pair('shadow', [at('/id'), ...(count < 5 ? [at('/label')] : [])]));
  }
  const [route] = noise.report(routes).routes;
  assert.deepEqual(
    route?.groups.map(({ group, control, shadow }) => [group, control.differed, shadow.differed]),
    [
      ['/id', 4, 10],
      ['/label', 0, 5],
    ],
  );
  const [id, label] = route.groups;
  assert.equal(id?.excess?.value, 0);
  assert.ok(id.excess.low < 0 && id.excess.high > 0, 'live alone explains it');
  assert.equal(label?.excess?.value, 0.5);
});

test('hints are counted, and the largest distance is kept', () => {
  const noise = new Noise(() => 0);
  noise.add(
    pair('control', [at('/id', { volatility: 'uuid' }), at('/score', { relativeDistance: 0.002 })]),
  );
  noise.add(pair('control', [at('/id'), at('/score', { relativeDistance: 0.001 })]));
  const [id, score] = noise.report(routes).routes[0]!.groups;
  assert.deepEqual(id?.control.volatility, { uuid: 1 });
  assert.equal(id.control.maxRelativeDistance, null);
  assert.equal(score?.control.measured, 2);
  assert.equal(score.control.maxRelativeDistance, 0.002);
});

test('what rules took out is counted by rule, a pair once', () => {
  const noise = new Noise(() => 0);
  const ignored = [
    { pointer: '/id', rule: '/id' },
    { pointer: '/ids/0', rule: '/ids' },
    { pointer: '/ids/1', rule: '/ids' },
  ];
  noise.add(pair('control', [], { ignored, ignoredCount: 3 }));
  noise.add(pair('shadow', [], { ignored: ignored.slice(0, 1), ignoredCount: 1 }));
  const [route] = noise.report(routes).routes;
  assert.deepEqual(route?.rules, [
    { rule: '/id', control: 1, shadow: 1 },
    { rule: '/ids', control: 1, shadow: 0 },
  ]);
  assert.equal(route.control.differing, 0);
});

test('the offset of latency is between the service times of a pair', () => {
  const noise = new Noise(() => 0);
  const live = times.responseEndedAt - times.requestEndedAt;
  for (const offset of [-1, 0.5, 3]) {
    noise.add({
      exchange: exchange(),
      shadow: answer({ duplicate: duplicate('control'), endedAt: times.sentAt + live + offset }),
      comparison: comparison(),
    });
  }
  const [route] = noise.report(routes).routes;
  assert.deepEqual(route?.control.latencyOffset, { pairs: 3, medianMs: 0.5, p95Ms: 3 });
  assert.equal(route.shadow.latencyOffset, null);
});

test('what could not be compared is no pair, and a canary is not counted', () => {
  const noise = new Noise(() => 0);
  noise.add(pair('control', [], { result: 'incomparable', reason: 'truncated' }));
  noise.add({ ...pair('shadow', [at('/id')]), exchange: exchange({ mode: 'canary' }) });
  const [route] = noise.report(routes).routes;
  assert.deepEqual([route?.control.pairs, route?.control.incomparable], [0, 1]);
  assert.equal(route?.shadow.pairs, 0);
  assert.deepEqual(route.groups, []);
});

test('groups beyond the bound are counted and not kept', () => {
  const noise = new Noise(() => 0);
  for (let index = 0; index < 250; index += 1) noise.add(pair('shadow', [at(`/field_${index}`)]));
  noise.add(pair('shadow', [at(`/${'long/'.repeat(100)}`)]));
  const [route] = noise.report(routes).routes;
  assert.equal(route?.groups.length, 200);
  assert.equal(route.groupsBeyond, 51);
  assert.equal(route.shadow.pairs, 251);
});

test('all routes together have a bound too, and a route that is forgotten makes room', () => {
  const noise = new Noise(() => 0);
  const fill = (name: string): void => {
    for (let index = 0; index < 200; index += 1) {
      const filled = pair('shadow', [at(`/field_${index}`)]);
      noise.add({ ...filled, exchange: exchange({ route: { name, template: '/' } }) });
    }
  };
  const groupsOf = (name: string): number =>
    noise.report([{ ...rulesOfRoute(), name }]).routes[0]!.groups.length;
  for (let route = 0; route < 21; route += 1) fill(`route-${route}`);
  assert.equal(groupsOf('route-19'), 200);
  assert.equal(groupsOf('route-20'), 0);
  noise.forget('route-3');
  fill('route-20');
  assert.equal(groupsOf('route-20'), 200);
});

test('pairs with more differences than are kept are counted as cut', () => {
  const noise = new Noise(() => 0);
  noise.add(pair('shadow', [at('/id')], { differenceCount: 200 }));
  noise.add(pair('shadow', [], { ignoredCount: 200 }));
  assert.equal(noise.report(routes).routes[0]?.shadow.cut, 2);
});

test('a route that is forgotten begins anew, and one without pairs is reported with zeros', () => {
  let wall = 1000;
  const noise = new Noise(() => wall);
  noise.add(pair('shadow', [at('/id')]));
  assert.equal(noise.report(routes).routes[0]?.since, new Date(1000).toISOString());
  noise.forget('predict');
  noise.forget('nobody');
  wall = 2000;
  const [route] = noise.report(routes).routes;
  assert.equal(route?.shadow.pairs, 0);
  assert.equal(route.since, new Date(2000).toISOString());
  assert.deepEqual(route.groups, []);
});

test('one route can be asked for', () => {
  const noise = new Noise(() => 0);
  const two = [...routes, { ...rulesOfRoute(), name: 'other' }];
  const names = (route?: string): string[] =>
    noise.report(two, route === undefined ? {} : { route }).routes.map(({ route: name }) => name);
  assert.deepEqual(names(), ['predict', 'other']);
  assert.deepEqual(names('other'), ['other']);
  assert.deepEqual(names('nobody'), []);
});
