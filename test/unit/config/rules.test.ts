import assert from 'node:assert/strict';
import { test } from 'node:test';

import { configOf, configurationWith, errorsOf, pathsOf, type Plain } from './loading.ts';

const tls = { certFile: 'a.pem', keyFile: 'a.key' };

/** What is broken, where, and what the message must say. */
const broken: readonly (readonly [string, Plain, readonly string[], RegExp])[] = [
  [
    'a port beyond loopback without TLS',
    configurationWith({ listen: '0.0.0.0:9002' }),
    ['listen'],
    /insecure: true/,
  ],
  [
    'names of clients without a CA',
    configurationWith({ listen: { tls: { ...tls, allowedSans: ['a'] } } }),
    ['listen.tls.allowedSans'],
    /clientCaFile/,
  ],
  [
    'an admin port beyond loopback without token',
    configurationWith({ admin: { listen: '0.0.0.0:9003' } }),
    ['admin.listen'],
    /admin\.tokenFile/,
  ],
  [
    'an intake beyond loopback without token',
    configurationWith({ intake: { listen: '[::]:9465' } }),
    ['intake.listen'],
    /intake\.tokenFile/,
  ],
  [
    'a client certificate without key',
    configurationWith({ shadow: { url: 'https://a', tls: { certFile: 'a' } } }),
    ['shadow.tls'],
    /together/,
  ],
  [
    'a segment that stands nowhere',
    configurationWith({ segments: { a: {} } }),
    ['segments.a'],
    /header or request/,
  ],
  [
    'a segment that stands in two places',
    configurationWith({ segments: { a: { header: 'x', request: '/y' } } }),
    ['segments.a'],
    /header or request/,
  ],
  [
    'a shadow that is twinspan',
    configurationWith({ shadow: { url: 'http://localhost:9002' } }),
    ['shadow.url'],
    /twinspan itself \(listen\)/,
  ],
  [
    'a shadow that is the admin port',
    configurationWith({ admin: { listen: '[::1]:80' }, shadow: { url: 'http://[::1]' } }),
    ['shadow.url'],
    /admin\.listen/,
  ],
  [
    'a control that is the ops port',
    configurationWith({ control: { url: 'http://127.0.0.1:9464' } }),
    ['control.url'],
    /ops\.listen/,
  ],
  [
    'a shadow that is Envoy’s admin interface',
    configurationWith({
      envoy: { adminUrl: 'http://127.0.0.1:9901/' },
      shadow: { url: 'http://127.0.0.1:9901' },
    }),
    ['shadow.url'],
    /admin interface/,
  ],
  [
    'a prediction without a stated mode',
    configurationWith({}, { prediction: { preset: 'sklearn' } }),
    ['verdict.mode'],
    /equivalence rejects any model that is really new/,
  ],
  [
    'a prediction by preset and by pointer',
    configurationWith(
      { verdict: { mode: 'noninferior' } },
      { prediction: { preset: 'sklearn', label: '/a' } },
    ),
    ['routes[0].prediction'],
    /either preset/,
  ],
  [
    'a prediction by nothing',
    configurationWith({ verdict: { mode: 'noninferior' } }, { prediction: { labels: ['a'] } }),
    ['routes[0].prediction'],
    /either preset/,
  ],
  [
    'a method with effects that are not declared',
    configurationWith({}, { match: { path: '/a', methods: ['GET', 'POST', 'DELETE'] } }),
    ['routes[0].match.methods'],
    /POST, DELETE without effects: the shadow would repeat/,
  ],
  [
    'the same dispatched before live has answered',
    configurationWith(
      { shadow: { dispatch: 'with-request' } },
      { match: { path: '/a', methods: ['POST'] } },
    ),
    ['routes[0].match.methods', 'shadow.dispatch'],
    /effects/,
  ],
  [
    'a grant over plain http to another machine',
    configurationWith(
      { shadow: { url: 'http://shadow.example' } },
      { headers: { grant: ['authorization'] } },
    ),
    ['routes[0].headers.grant'],
    /allowPlainHttp/,
  ],
  [
    'a grant over plain http to the control',
    configurationWith(
      { control: { url: 'http://control.example' } },
      { headers: { grant: ['cookie'] } },
    ),
    ['routes[0].headers.grant'],
    /control\.example/,
  ],
  [
    'a grant of an identity header',
    configurationWith({}, { headers: { grant: ['cookie', 'X-Forwarded-For'] } }),
    ['routes[0].headers.grant[1]'],
    /no grant opens/,
  ],
];

for (const [title, content, paths, says] of broken) {
  test(`${title} is an error at ${paths.join(', ')}`, () => {
    assert.deepEqual(pathsOf(content), paths);
    for (const { message } of errorsOf(content)) assert.match(message, says);
  });
}

test('two routes may not have one name', () => {
  const route = { name: 'a', match: { path: '/' } };
  const [error, ...others] = errorsOf({
    ...configurationWith({}),
    routes: [route, route],
  });
  assert.deepEqual([error?.path, others.length], ['routes[1].name', 0]);
  assert.match(error?.message ?? '', /routes\[0\]/);
});

const kept: readonly (readonly [string, Plain])[] = [
  ['a port beyond loopback with TLS', configurationWith({ listen: { address: '0.0.0.0:1', tls } })],
  [
    'a port beyond loopback that is said to be insecure',
    configurationWith({ listen: '0.0.0.0:9002', insecure: true }),
  ],
  ['a Unix socket without TLS', configurationWith({ listen: 'unix:/run/twinspan.sock' })],
  [
    'an admin port beyond loopback with token',
    configurationWith({ admin: { listen: '0.0.0.0:1', tokenFile: 'token' } }),
  ],
  ['an ops port beyond loopback', configurationWith({ ops: { listen: '0.0.0.0:9464' } })],
  [
    'a grant over https',
    configurationWith({ shadow: { url: 'https://a' } }, { headers: { grant: ['cookie'] } }),
  ],
  ['a grant to this machine', configurationWith({}, { headers: { grant: ['cookie'] } })],
  [
    'a grant over plain http that is allowed',
    configurationWith(
      { shadow: { url: 'http://a' } },
      { headers: { grant: ['cookie'], allowPlainHttp: true } },
    ),
  ],
  [
    'a declared method dispatched with the request',
    configurationWith(
      { shadow: { dispatch: 'with-request' } },
      { match: { path: '/a', methods: ['POST'] }, effects: 'isolated' },
    ),
  ],
  [
    'a prediction with a stated mode',
    configurationWith({ verdict: { mode: 'equivalence' } }, { prediction: { label: '/label' } }),
  ],
];

for (const [title, content] of kept) {
  test(`${title} is allowed`, () => {
    configOf(content);
  });
}
