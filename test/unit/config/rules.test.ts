import assert from 'node:assert/strict';
import { test } from 'node:test';

import { breachesOf } from '../../../src/config/rules.ts';
import type { StatedConfig } from '../../../src/config/schema.ts';
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
    'a port beyond loopback that asks no client for a certificate',
    configurationWith({ listen: { address: '10.0.0.1:9002', tls } }),
    ['listen.tls'],
    /any machine .* listen\.tls\.clientCaFile, .*insecure: true/,
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
    'a shadow that is Envoy’s admin interface by another name',
    configurationWith({
      envoy: { adminUrl: 'http://127.0.0.1:9901' },
      shadow: { url: 'https://ip6-localhost:9901' },
    }),
    ['shadow.url'],
    /admin interface/,
  ],
  [
    'a shadow that is a listener on every interface',
    configurationWith({
      listen: '0.0.0.0:9002',
      insecure: true,
      shadow: { url: 'http://[::ffff:127.0.0.1]:9002' },
    }),
    ['shadow.url'],
    /twinspan itself \(listen\)/,
  ],
  [
    'a control that is the intake',
    configurationWith({
      intake: { listen: '127.0.0.1:9465' },
      control: { url: 'http://localhost.:9465' },
    }),
    ['control.url'],
    /intake\.listen/,
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
    'a prediction of many instances and of one',
    configurationWith(
      { verdict: { mode: 'noninferior' } },
      { prediction: { label: '/rows/*/label', score: '/score' } },
    ),
    ['routes[0].prediction'],
    /has a \* in \/rows\/\*\/label and none in another pointer/,
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

test('a target that is this machine is an error where a listener is bound to that', () => {
  const machine = { addresses: ['192.0.2.7', '2001:db8::7'], names: ['box.example', 'box'] };
  const listeners = {
    listen: '0.0.0.0:1',
    insecure: true,
    admin: { listen: '[2001:db8::7]:2', tokenFile: 'token' },
    ops: { listen: '192.0.2.7:3' },
    intake: { listen: '[::]:4', tokenFile: 'token' },
  };
  const config = configOf(configurationWith({ ...listeners, control: { url: 'http://model-v1' } }));
  const keysAt = (url: string): (string | undefined)[] =>
    (['shadow', 'control'] as const).flatMap((target) => {
      const stated = { ...config, [target]: { ...config[target], url } };
      const breaches = breachesOf(stated as unknown as StatedConfig, () => true, machine);
      return breaches.map(({ path, message }) => {
        assert.deepEqual(path, [target, 'url']);
        return /\((.*)\)/.exec(message)?.[1];
      });
    });
  for (const [url, key] of [
    ['http://192.0.2.7:1', 'listen'],
    ['http://[2001:db8::7]:1', 'listen'],
    ['http://[2001:db8::7]:2', 'admin.listen'],
    ['http://box.example.:2', 'admin.listen'],
    ['http://[::ffff:192.0.2.7]:3', 'ops.listen'],
    ['https://BOX:3', 'ops.listen'],
    ['http://192.0.2.7:4', 'intake.listen'],
    ['http://box:4', 'intake.listen'],
  ] as const) {
    assert.deepEqual(keysAt(url), [key, key], url);
  }
  for (const url of [
    'http://192.0.2.7:2',
    'http://[2001:db8::7]:3',
    'http://192.0.2.8:1',
    'http://box.example.org:1',
    'http://192.0.2.7',
  ]) {
    assert.deepEqual(keysAt(url), [], url);
  }
});

const kept: readonly (readonly [string, Plain])[] = [
  [
    'a port beyond loopback that asks clients for a certificate',
    configurationWith({
      listen: { address: '0.0.0.0:1', tls: { ...tls, clientCaFile: 'ca.pem' } },
    }),
  ],
  [
    'a port beyond loopback with TLS for anyone that is said to be insecure',
    configurationWith({ listen: { address: '0.0.0.0:1', tls }, insecure: true }),
  ],
  [
    'a port on loopback with TLS for anyone',
    configurationWith({ listen: { address: '127.0.0.1:1', tls } }),
  ],
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
    'a shadow beside twinspan',
    configurationWith({ ops: { listen: '0.0.0.0:9464' }, shadow: { url: 'http://0.0.0.0:9102' } }),
  ],
  [
    'a shadow on another machine at a port of ours',
    configurationWith({ ops: { listen: '0.0.0.0:9464' }, shadow: { url: 'http://model:9464' } }),
  ],
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
