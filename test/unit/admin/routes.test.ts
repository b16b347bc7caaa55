import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  adminRoutes,
  judgeRoutes,
  opsRoutes,
  type AdminRequest,
  type AdminResponse,
} from '../../../src/admin/routes.ts';
import { adminRequest, adminView } from './admin-view.ts';

const hosts = (): Set<string> => new Set(['127.0.0.1:9003', 'localhost:9003', 'shop.example']);

type Ask = (request: Partial<AdminRequest>) => Promise<AdminResponse>;

function admin(view = adminView(), token?: string): Ask {
  const answer = adminRoutes(view, { hosts, ...(token !== undefined && { token }) });
  return (request) => answer(adminRequest(request));
}

function ops(view = adminView()): Ask {
  const answer = opsRoutes(view);
  return (request) => answer(adminRequest({ host: undefined, ...request }));
}

function errorOf(response: AdminResponse): string {
  return (JSON.parse(response.body) as { error: string }).error;
}

const adminPaths = [
  '/status',
  '/v1/pairs',
  '/v1/noise',
  '/v1/agreement',
  '/v1/verdict',
  '/metrics',
  '/healthz',
  '/readyz',
];

test('what there is to read is read by GET and HEAD and by nothing else', async () => {
  for (const target of adminPaths) {
    assert.equal((await admin()({ target })).status, 200, target);
    assert.equal((await admin()({ target, method: 'HEAD' })).status, 200, target);
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'get', '']) {
      const response = await admin()({ target, method });
      assert.equal(response.status, 405, `${method} ${target}`);
      assert.equal(response.headers?.['allow'], 'GET, HEAD');
    }
  }
});

test('pause and resume are done by POST and by nothing else', async () => {
  for (const [target, change, paused] of [
    ['/v1/pause', 'pause', true],
    ['/v1/resume', 'resume', false],
  ] as const) {
    const view = adminView();
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
      const response = await admin(view)({ target, method });
      assert.equal(response.status, 405);
      assert.equal(response.headers?.['allow'], 'POST');
    }
    assert.deepEqual(view.changes, []);
    const response = await admin(view)({ target, method: 'POST' });
    assert.equal(response.status, 200);
    assert.deepEqual(JSON.parse(response.body), { paused });
    assert.deepEqual(view.changes, [change]);
  }
});

test('resume tells the truth while the configuration says paused: true', async () => {
  const view = adminView({ resume: () => false });
  const response = await admin(view)({ target: '/v1/resume', method: 'POST' });
  assert.equal(response.status, 409);
  const { error, ...said } = JSON.parse(response.body) as Record<string, unknown>;
  assert.deepEqual(said, { paused: true, heldBy: 'file' });
  assert.match(String(error), /a file without it is taken over/);
});

test('a page of another origin changes nothing', async () => {
  const foreign: readonly Partial<AdminRequest>[] = [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'https://127.0.0.1:9003' },
    { origin: 'http://127.0.0.1:9004' },
    { origin: '' },
    { fetchSite: 'cross-site' },
    { fetchSite: 'same-site' },
    { fetchSite: 'cross-site', origin: 'http://127.0.0.1:9003' },
  ];
  for (const request of foreign) {
    const view = adminView();
    const response = await admin(view)({ target: '/v1/pause', method: 'POST', ...request });
    assert.equal(response.status, 403, JSON.stringify(request));
    assert.deepEqual(view.changes, []);
  }
});

test('the own page, and a client that is no browser, may change', async () => {
  const own: readonly Partial<AdminRequest>[] = [
    {},
    { origin: 'http://127.0.0.1:9003', fetchSite: 'same-origin' },
    { origin: 'http://127.0.0.1:9003' },
    { fetchSite: 'none' },
  ];
  for (const request of own) {
    const response = await admin()({ target: '/v1/pause', method: 'POST', ...request });
    assert.equal(response.status, 200, JSON.stringify(request));
  }
});

test('a Host that is not one of ours is refused on every path, before anything else', async () => {
  const strangers = [
    undefined,
    '',
    'evil.test',
    'evil.test:9003',
    'localhost.evil:9003',
    '127.0.0.1',
    '127.0.0.1:9004',
    'localhost:9003.evil',
    'user@127.0.0.1:9003',
  ];
  for (const host of strangers) {
    for (const target of [...adminPaths, '/', '/v1/pause', '/nothing']) {
      const view = adminView();
      const response = await admin(view, 'secret')({ target, host, method: 'POST' });
      assert.equal(response.status, 421, `${host} ${target}`);
      assert.match(errorOf(response), /admin\.hosts/);
      assert.deepEqual(view.changes, []);
    }
  }
});

test('a Host of ours is taken without regard to case', async () => {
  for (const host of ['LOCALHOST:9003', 'Shop.Example']) {
    assert.equal((await admin()({ host })).status, 200, host);
  }
});

test('with a token everything but health asks for it', async () => {
  const ask = admin(adminView(), 'secret');
  for (const target of [
    '/status',
    '/v1/pairs',
    '/v1/noise',
    '/v1/agreement',
    '/metrics',
    '/',
    '/nothing',
  ]) {
    const response = await ask({ target });
    assert.equal(response.status, 401, target);
    assert.equal(response.headers?.['www-authenticate'], 'Bearer');
    assert.match(errorOf(response), /Authorization: Bearer/);
  }
  const pause = await ask({ target: '/v1/pause', method: 'POST' });
  assert.equal(pause.status, 401);
  for (const target of ['/healthz', '/readyz']) {
    assert.equal((await ask({ target })).status, 200);
  }
});

test('only the token itself opens', async () => {
  const ask = admin(adminView(), 'secret');
  for (const authorization of ['Bearer secret', 'bearer secret', 'Bearer   secret']) {
    assert.equal((await ask({ authorization })).status, 200, authorization);
  }
  for (const authorization of [
    '',
    'secret',
    'Bearer',
    'Bearer ',
    'Bearer secre',
    'Bearer secrets',
    'Bearer SECRET',
    'Basic secret',
    'Bearer secret ',
    'Bearer other, Bearer secret',
  ]) {
    assert.equal((await ask({ authorization })).status, 401, authorization);
  }
});

test('health says alive always, and ready only when it is', async () => {
  let ready = false;
  const view = adminView({ ready: () => ready });
  for (const ask of [admin(view), ops(view)]) {
    ready = false;
    assert.equal((await ask({ target: '/healthz' })).status, 200);
    assert.equal((await ask({ target: '/readyz' })).status, 503);
    ready = true;
    assert.equal((await ask({ target: '/readyz' })).status, 200);
  }
});

test('the ops port serves machines only, and no customer data', async () => {
  for (const target of ['/healthz', '/readyz', '/metrics', '/v1/verdict']) {
    assert.equal((await ops()({ target })).status, 200, target);
    assert.equal((await ops()({ target, host: 'anything' })).status, 200, target);
  }
  const view = adminView();
  for (const target of [
    '/status',
    '/v1/pairs',
    '/v1/noise',
    '/v1/agreement',
    '/v1/pause',
    '/v1/resume',
    '/',
  ]) {
    for (const method of ['GET', 'POST']) {
      assert.equal((await ops(view)({ target, method })).status, 404, `${method} ${target}`);
    }
  }
  assert.deepEqual(view.changes, []);
  assert.deepEqual(view.queries, []);
});

test('metrics are handed through as they were rendered', async () => {
  const response = await ops()({ target: '/metrics' });
  assert.equal(response.contentType, 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(response.body, 'twinspan_exchanges_seen_total 7\n');
});

test('status is the JSON of the view', async () => {
  const response = await admin()({});
  assert.equal(response.contentType, 'application/json');
  assert.deepEqual(JSON.parse(response.body), { version: '0.0.0' });
});

test('pairs are asked for by what the query says', async () => {
  const cases = [
    ['/v1/pairs', { limit: 50 }],
    ['/v1/pairs?', { limit: 50 }],
    ['/v1/pairs?limit=1', { limit: 1 }],
    ['/v1/pairs?limit=1000', { limit: 1000 }],
    [
      '/v1/pairs?route=predict&result=mismatch&request_id=a%2Fb%3D1',
      { limit: 50, route: 'predict', result: 'mismatch', requestId: 'a/b=1' },
    ],
    ['/v1/pairs?route=', { limit: 50, route: '' }],
  ] as const;
  for (const [target, query] of cases) {
    const view = adminView();
    const response = await admin(view)({ target });
    assert.deepEqual(JSON.parse(response.body), { pairs: [{ id: 'p-1' }] });
    assert.deepEqual(view.queries, [query], target);
  }
});

test('a verdict is asked for by what the query says, on both ports', async () => {
  for (const [target, query] of [
    ['/v1/verdict', {}],
    ['/v1/verdict?experiment=e1&route=predict', { experiment: 'e1', route: 'predict' }],
    ['/v1/verdict?shadow=2%2B1', { shadow: '2+1' }],
    // A template that nobody filled in asks for an experiment without a name, which there is not.
    ['/v1/verdict?experiment=', { experiment: '' }],
  ] as const) {
    for (const port of [admin, ops]) {
      const view = adminView();
      const response = await port(view)({ target });
      assert.equal(response.status, 200);
      assert.equal(response.contentType, 'application/json');
      assert.equal((JSON.parse(response.body) as { state: string }).state, 'collecting');
      assert.deepEqual(view.queries, [query], target);
      assert.equal((await port(view)({ target, method: 'HEAD' })).status, 200);
      assert.equal((await port(view)({ target, method: 'POST' })).status, 405);
    }
  }
  const response = await ops()({ target: '/v1/verdict?eksperiment=1' });
  assert.equal(response.status, 400);
  assert.match(errorOf(response), /known are experiment, route, shadow/);
});

test('a verdict is answered with 200 in every state', async () => {
  for (const state of ['collecting', 'promote', 'hold', 'reject'] as const) {
    const verdict = { state, scope: 'fleet', reason: 'r', next: 'n' } as const;
    const response = await ops(adminView({ verdict: () => verdict }))({ target: '/v1/verdict' });
    assert.equal(response.status, 200);
    assert.deepEqual(JSON.parse(response.body), verdict);
  }
});

test('the judge of a fleet serves health, the verdict and hooks, and nothing else', async () => {
  const answer = judgeRoutes(adminView());
  for (const target of ['/healthz', '/readyz', '/v1/verdict']) {
    assert.equal((await answer(adminRequest({ target }))).status, 200, target);
  }
  for (const target of [
    '/metrics',
    '/status',
    '/v1/pairs',
    '/v1/noise',
    '/v1/agreement',
    '/v1/pause',
    '/',
  ]) {
    assert.equal((await answer(adminRequest({ target, method: 'POST' }))).status, 404, target);
  }
});

test('hooks are answered on the port for machines alone', async () => {
  const hook = {
    target: '/flagger/confirm-promotion?canary=c',
    method: 'POST',
    readBody: async () => '{"name":"c"}',
  };
  assert.equal((await ops()(hook)).status, 403);
  assert.equal((await admin()(hook)).status, 404);
});

for (const [path, body] of [
  ['/v1/noise', { schema: 'twinspan.noise/1', routes: [] }],
  ['/v1/agreement', []],
] as const) {
  test(`${path} is asked for of all routes or of one`, async () => {
    for (const [target, query] of [
      [path, {}],
      [`${path}?route=predict`, { route: 'predict' }],
    ] as const) {
      const view = adminView();
      const response = await admin(view)({ target });
      assert.deepEqual(JSON.parse(response.body), body);
      assert.deepEqual(view.queries, [query], target);
    }
    const response = await admin()({ target: `${path}?limit=1` });
    assert.equal(errorOf(response), 'unknown parameter "limit"; known are route');
  });
}

test('a limit out of bounds is an error that says what is allowed', async () => {
  for (const limit of ['0', '-1', '1001', '1.5', 'many', '', 'Infinity', 'NaN', '1e9']) {
    const view = adminView();
    const response = await admin(view)({ target: `/v1/pairs?limit=${limit}` });
    assert.equal(response.status, 400, limit);
    assert.match(errorOf(response), /whole number from 1 to 1000/);
    assert.deepEqual(view.queries, []);
  }
});

test('a parameter that is not known is an error that names those that are', async () => {
  const response = await admin()({ target: '/v1/pairs?requestId=1' });
  assert.equal(response.status, 400);
  assert.equal(
    errorOf(response),
    'unknown parameter "requestId"; known are route, result, request_id, limit',
  );
});

test('a path that is not there is not echoed, nor is any file found by it', async () => {
  for (const target of [
    '/nothing',
    '/status/',
    '/STATUS',
    '//status',
    '/v1/pairs/../status',
    '/../package.json',
    '/%2e%2e/package.json',
    '/<script>alert(1)</script>',
    'http://127.0.0.1:9003/status',
    '*',
    '',
  ]) {
    const response = await admin()({ target });
    assert.equal(response.status, 404, target);
    assert.deepEqual(JSON.parse(response.body), { error: 'no such path' });
  }
  assert.match(errorOf(await admin()({ target: '/' })), /see \/status/);
});
