import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import type { RequestHead } from '../../../src/exchange/message-head.ts';
import {
  compileSelect,
  isEventStream,
  isGrpc,
  type RouteSettings,
  type Selection,
  type SelectionSeams,
  type SelectionSettings,
} from '../../../src/exchange/select.ts';
import { routeSettings, type HeaderPairs } from './live-events.ts';

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly headers?: HeaderPairs;
  readonly requestId?: string;
  readonly attributes?: HeaderPairs;
}

function headOf(asked: Asked): RequestHead {
  return {
    method: asked.method ?? 'GET',
    path: asked.path ?? '/v1/predict',
    authority: asked.authority ?? 'shop.example',
    headers: HeaderList.fromPairs(asked.headers ?? []),
    requestId: asked.requestId ?? 'r-1',
    attributes: new Map(asked.attributes),
  };
}

function selectOf(
  routes: readonly RouteSettings[],
  options: { settings?: Partial<SelectionSettings>; seams?: Partial<SelectionSeams> } = {},
): (asked: Asked) => Selection {
  const select = compileSelect(
    { routes, canaryClusters: new Set(), ...options.settings },
    { paused: () => false, wallNow: () => 1000, pressure: () => undefined, ...options.seams },
  );
  return (asked) => select(headOf(asked));
}

function outcomeOf(selection: Selection): string {
  return selection.kind === 'follow' ? (selection.pressure ?? 'follow') : selection.outcome;
}

/** As the configuration sets it when a route says nothing. */
const guard = {
  queryKeys: ['code', 'token', 'state'],
  paths: ['/oauth', '/callback', '/logout', '/reset', '/verify', '/unsubscribe'],
};

test('each reason not to follow comes before all later ones', () => {
  // Every step adds one more reason in front of those that the exchange has already.
  const route = routeSettings({
    name: 'guarded',
    match: { path: '/v1/**' },
    methods: ['GET'],
    until: 500,
    sample: { ratio: 0, by: 'request-id' },
    sideEffectGuard: { queryKeys: ['code'], paths: [] },
  });
  const seams = { paused: false, pressure: 'over_rate' as const };
  const settings: { expires?: number } = {};
  let current: RouteSettings = { ...route, sample: { ratio: 1, by: 'request-id' } };
  let asked: Asked = {};
  const outcome = (): string =>
    outcomeOf(
      selectOf([without(current, 'until')], {
        settings,
        seams: { paused: () => seams.paused, pressure: () => seams.pressure },
      })(asked),
    );
  assert.equal(outcome(), 'over_rate');
  current = route;
  assert.equal(outcome(), 'sampled_out');
  asked = { ...asked, attributes: [['request.protocol', 'HTTP/1.0']] };
  assert.equal(outcome(), 'protocol_unsupported');
  asked = { ...asked, path: '/v1/login?code=1' };
  assert.equal(outcome(), 'side_effect_guard');
  asked = { ...asked, headers: [['upgrade', 'websocket']] };
  assert.equal(outcome(), 'upgrade');
  asked = { ...asked, method: 'POST' };
  assert.equal(outcome(), 'method_not_allowed');
  asked = { ...asked, path: '/v2?code=1' };
  assert.equal(outcome(), 'route_unmatched');
  settings.expires = 1000;
  assert.equal(outcome(), 'expired');
  seams.paused = true;
  assert.equal(outcome(), 'paused');
  asked = { ...asked, headers: [...asked.headers!, ['x-twinspan-shadow', 'other;1']] };
  assert.equal(outcome(), 'loop_guard');
});

function without(route: RouteSettings, key: 'until'): RouteSettings {
  const { [key]: _left, ...rest } = route;
  return rest;
}

test('while paused or expired nothing has another name, CONNECT included', () => {
  const paused = selectOf([routeSettings()], { seams: { paused: () => true } });
  assert.equal(outcomeOf(paused({ method: 'CONNECT', path: '' })), 'paused');
  const expired = selectOf([routeSettings()], { settings: { expires: 1000 } });
  assert.equal(outcomeOf(expired({ method: 'CONNECT', path: '' })), 'expired');
});

test('CONNECT is an upgrade, whatever the routes', () => {
  const select = selectOf([routeSettings({ match: { path: '/v1/**' } })]);
  assert.equal(outcomeOf(select({ method: 'CONNECT', path: '' })), 'upgrade');
  assert.equal(outcomeOf(select({ method: 'CONNECT', path: '/v1/chat' })), 'upgrade');
});

test('odd requests are followed, or have the one reason that is theirs', () => {
  const select = selectOf([
    routeSettings({
      match: { path: '/v1/**' },
      methods: ['GET', 'HEAD'],
      sideEffectGuard: { ...guard, paths: [...guard.paths, '/Übernehmen'] },
    }),
    routeSettings({ name: 'isolated', match: { path: '/orders' }, methods: ['POST'] }),
  ]);
  const header = (name: string, value: string): HeaderPairs => [[name, value]];
  const cases: readonly (readonly [string, Asked])[] = [
    ['follow', { path: '/v1/flowers' }],
    ['follow', { path: '/v1/flowers', method: 'HEAD' }],
    ['follow', { path: '/v1/flowers?a=1&b=2' }],
    ['follow', { path: '/v1/flowers?' }],
    ['follow', { path: '/v1/flowers?=x&&' }],
    ['follow', { path: '/v1/flowers?q=code' }],
    ['follow', { path: '/v1/flowers?%zz=1' }],
    ['follow', { path: '/v1/flowers?encode=1&statement=2' }],
    ['follow', { path: '/v1/flowers', headers: header('accept', 'application/json') }],
    ['follow', { path: '/v1/flowers', headers: header('accept', 'text/html, text/event-stream') }],
    ['follow', { path: '/v1/flowers', headers: header('x-http-version', '2') }],
    ['follow', { path: '/v1/flowers', attributes: [['request.protocol', 'HTTP/1.1']] }],
    ['follow', { path: '/orders', method: 'POST' }],
    ['route_unmatched', { path: '/v2/flowers' }],
    ['route_unmatched', { path: '*', method: 'OPTIONS' }],
    ['route_unmatched', { path: '' }],
    ['route_unmatched', { path: 'http://evil.example/v1/flowers' }],
    ['route_unmatched', { path: '//v1/flowers' }],
    ['method_not_allowed', { path: '/v1/flowers', method: 'POST' }],
    ['method_not_allowed', { path: '/v1/flowers', method: 'get' }],
    ['method_not_allowed', { path: '/v1/flowers', method: '' }],
    ['method_not_allowed', { path: '/v1/flowers', method: 'PROPFIND' }],
    ['method_not_allowed', { path: '/orders' }],
    ['upgrade', { path: '/v1/chat', headers: header('upgrade', 'websocket') }],
    ['side_effect_guard', { path: '/v1/users/logout' }],
    ['side_effect_guard', { path: '/v1/OAuth/start' }],
    ['side_effect_guard', { path: '/v1/x//Unsubscribe' }],
    ['side_effect_guard', { path: '/v1/users/%6Cogout' }],
    ['side_effect_guard', { path: '/v1/users%2Flogout%zz' }],
    ['side_effect_guard', { path: '/v1/%c3%bcbernehmen' }],
    ['side_effect_guard', { path: '/v1/%C3%9Cbernehmen' }],
    ['side_effect_guard', { path: '/v1/\u00c3\u00bcbernehmen' }],
    ['side_effect_guard', { path: '/v1/sso?CODE=4711' }],
    ['side_effect_guard', { path: '/v1/sso?a=1;token=2' }],
    ['side_effect_guard', { path: '/v1/sso?a=1&st%61te' }],
    ['side_effect_guard', { path: '/v1/sso?_method=DELETE' }],
    ['side_effect_guard', { path: '/v1/x', headers: header('X-HTTP-Method-Override', 'PUT') }],
    ['side_effect_guard', { path: '/v1/x', headers: header('x-method-override', '') }],
    ['side_effect_guard', { path: '/v1/x', headers: header('X-HTTP-Method', 'DELETE') }],
    ['protocol_unsupported', { path: '/v1/x', attributes: [['request.protocol', 'HTTP/1.0']] }],
    [
      'protocol_unsupported',
      { path: '/v1/x', headers: header('content-type', 'application/grpc') },
    ],
    [
      'protocol_unsupported',
      { path: '/v1/x', headers: header('content-type', 'application/grpc-web+proto') },
    ],
    ['protocol_unsupported', { path: '/v1/x', headers: header('accept', 'Text/Event-Stream') }],
    ['loop_guard', { path: '/v1/x', headers: header('X-Twinspan-Shadow', '') }],
    ['loop_guard', { path: '/v1/x', headers: header('x_twinspan_shadow', 'a;1') }],
    ['loop_guard', { path: '/v1/x', headers: header('x.twinspan-shadow', 'a;1') }],
    [
      'loop_guard',
      { path: '/v1/x', headers: header('baggage', 'twinspan.deployment.mode=shadow') },
    ],
    [
      'loop_guard',
      { path: '/v1/x', headers: header('baggage', 'a=1 , Twinspan.Deployment.Mode = control;p=1') },
    ],
    ['follow', { path: '/v1/x', headers: header('baggage', 'twinspan.deployment.mode=live') }],
    ['follow', { path: '/v1/x', headers: header('baggage', 'x.twinspan.deployment.mode=shadow') }],
  ];
  for (const [expected, asked] of cases) {
    assert.equal(outcomeOf(select(asked)), expected, JSON.stringify(asked));
  }
});

test('the first route that matches is the one, whatever comes after it', () => {
  const select = selectOf([
    routeSettings({ name: 'special', match: { path: '/v1/special' } }),
    routeSettings({ name: 'hosted', match: { path: '/v1/**', hosts: ['*.internal'] } }),
    routeSettings({ name: 'versioned', match: { path: '/v1/**', headers: { 'x-api': '2' } } }),
    routeSettings({ name: 'rest', match: { path: '/**' } }),
  ]);
  const routeOf = (asked: Asked): string => {
    const selection = select(asked);
    assert.equal(selection.kind, 'follow');
    return selection.kind === 'follow' ? selection.route.name : '';
  };
  assert.equal(routeOf({ path: '/v1/special' }), 'special');
  assert.equal(routeOf({ path: '/v1/other', authority: 'a.internal:8080' }), 'hosted');
  assert.equal(routeOf({ path: '/v1/other', headers: [['x-api', '2']] }), 'versioned');
  assert.equal(routeOf({ path: '/v1/other' }), 'rest');
});

test('a path may have a route for each method; a method of none names the first route of the path', () => {
  const select = selectOf([
    routeSettings({ name: 'read', match: { path: '/v1/x' }, methods: ['GET'] }),
    routeSettings({ name: 'write', match: { path: '/v1/x' }, methods: ['POST'] }),
  ]);
  const post = select({ path: '/v1/x', method: 'POST' });
  assert.equal(post.kind === 'follow' && post.route.name, 'write');
  assert.deepEqual(
    { ...select({ path: '/v1/x', method: 'PUT' }), route: undefined },
    { kind: 'skip', outcome: 'method_not_allowed', route: undefined },
  );
  const put = select({ path: '/v1/x', method: 'PUT' });
  assert.equal(put.kind === 'skip' && put.route?.name, 'read');
});

test('a route is followed until its declaration ends, and not from then on', () => {
  for (const [until, expected] of [
    [1001, 'follow'],
    [1000, 'expired'],
    [999, 'expired'],
  ] as const) {
    const selection = selectOf([routeSettings({ name: 'write', until })])({});
    assert.equal(outcomeOf(selection), expected);
    if (selection.kind === 'skip') assert.equal(selection.route?.name, 'write');
  }
});

test('the whole experiment is followed until it expires, and not from then on', () => {
  for (const [expires, expected] of [
    [1001, 'follow'],
    [1000, 'expired'],
  ] as const) {
    assert.equal(outcomeOf(selectOf([routeSettings()], { settings: { expires } })({})), expected);
  }
});

test('pressure is asked only of what would be followed, so that nothing else takes a token', () => {
  let asked = 0;
  const select = selectOf(
    [routeSettings({ match: { path: '/v1/**' }, sample: { ratio: 0.5, by: 'header:x-user' } })],
    {
      seams: {
        pressure: () => {
          asked += 1;
          return undefined;
        },
      },
    },
  );
  const users = Array.from({ length: 100 }, (_, index) => `user ${index}`);
  const followed = users.filter(
    (user) => select({ headers: [['x-user', user]] }).kind === 'follow',
  );
  select({ path: '/v2' });
  select({ headers: [['x-twinspan-shadow', '1']] });
  assert.ok(followed.length > 0 && followed.length < users.length);
  assert.equal(asked, followed.length);
});

test('a sample by header keeps a user in or out over all requests', () => {
  const select = selectOf([routeSettings({ sample: { ratio: 0.5, by: 'header:x-user' } })]);
  for (let user = 0; user < 50; user += 1) {
    const kinds = new Set<string>();
    for (let request = 0; request < 5; request += 1) {
      const headers = [['x-user', `user-${user}`]] as const;
      kinds.add(select({ headers, requestId: `request-${request}` }).kind);
    }
    assert.equal(kinds.size, 1);
  }
});

test('a sample by request id, or by a header that is missing, follows about its share', () => {
  for (const by of ['request-id', 'header:x-user']) {
    const select = selectOf([routeSettings({ sample: { ratio: 0.3, by } })]);
    let followed = 0;
    for (let request = 0; request < 10_000; request += 1) {
      if (select({ requestId: `${request}-b7ad6b71` }).kind === 'follow') followed += 1;
    }
    // Six standard deviations of a fair draw around 3,000; the draw is the same at every run.
    assert.ok(followed > 2725 && followed < 3275, `${followed} of 10,000 by ${by}`);
  }
});

test('exchanges without any identity are not all followed, nor all left out', () => {
  const select = selectOf([routeSettings({ sample: { ratio: 0.5, by: 'header:x-user' } })]);
  let followed = 0;
  for (let request = 0; request < 1000; request += 1) {
    if (select({ requestId: '', headers: [['x-user', '']] }).kind === 'follow') followed += 1;
  }
  // More than ten standard deviations: this fails once in 10^23 runs.
  assert.ok(followed > 330 && followed < 670, `${followed} of 1,000`);
});

test('ratio 1 follows everything and ratio 0 nothing', () => {
  const all = selectOf([routeSettings({ sample: { ratio: 1, by: 'request-id' } })]);
  const none = selectOf([routeSettings({ sample: { ratio: 0, by: 'request-id' } })]);
  for (let request = 0; request < 1000; request += 1) {
    assert.equal(all({ requestId: `r-${request}` }).kind, 'follow');
    assert.equal(outcomeOf(none({ requestId: `r-${request}` })), 'sampled_out');
  }
});

test('media types are told apart by their whole name', () => {
  const typed = (value: string): HeaderList => new HeaderList(['content-type', value]);
  for (const value of ['application/grpc', 'application/grpc+proto', ' Application/GRPC; x=1']) {
    assert.equal(isGrpc(typed(value)), true, value);
  }
  for (const value of ['application/grpcish', 'text/plain; application/grpc', '']) {
    assert.equal(isGrpc(typed(value)), false, value);
  }
  assert.equal(isEventStream(typed('text/event-stream;charset=utf-8')), true);
  assert.equal(isEventStream(typed('text/event')), false);
  assert.equal(isEventStream(HeaderList.empty), false);
});

test('a guarded path keeps out what a wide template lets in, and not what a template names', () => {
  const wide = selectOf([routeSettings({ match: { path: '/**' }, sideEffectGuard: guard })]);
  for (const path of ['/reset', '/a/reset/b', '/reset.php', '/RESET?x=1', '/a%2freset']) {
    assert.equal(outcomeOf(wide({ path })), 'side_effect_guard', path);
  }
  for (const path of ['/resets', '/reset-model', '/verify_label', '/presets/reset1']) {
    assert.equal(outcomeOf(wide({ path })), 'follow', path);
  }
  const named = selectOf([routeSettings({ match: { path: '/reset/**' }, sideEffectGuard: guard })]);
  assert.equal(outcomeOf(named({ path: '/reset/a' })), 'follow');
  assert.equal(outcomeOf(named({ path: '/reset/logout' })), 'side_effect_guard');
});
