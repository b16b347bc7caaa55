import assert from 'node:assert/strict';
import { test } from 'node:test';

import { configOf, configurationWith, errorsOf, minimal, pathsOf, type Plain } from './loading.ts';

/** What is wrong, the configuration, the paths of its errors, and what a message must say. */
type BadConfiguration = readonly [
  title: string,
  content: unknown,
  paths: readonly string[],
  says?: RegExp,
];

const match = { path: '/a' };
const withMatch = (more: Plain) => configurationWith({}, { match: { ...match, ...more } });
const withRoute = (route: Plain) => configurationWith({}, route);

const badConfigurations: readonly BadConfiguration[] = [
  ['an empty file', '', ['routes', 'shadow'], /required/],
  ['a file that is a text', 'hello', [''], /mapping/],
  ['a file that is a list', [], [''], /not a list/],
  ['a file of another version', configurationWith({ version: 2 }), ['version'], /must be .*1/],
  ['no shadow', { routes: minimal.routes }, ['shadow'], /required/],
  ['a shadow without url', { ...minimal, shadow: {} }, ['shadow.url'], /required/],
  ['no routes', { shadow: minimal.shadow }, ['routes'], /required/],
  ['an empty list of routes', { ...minimal, routes: [] }, ['routes'], /1 to 200/],
  ['routes that are a mapping', { ...minimal, routes: { a: 1 } }, ['routes'], /not a mapping/],
  ['a route that is a text', { ...minimal, routes: ['a'] }, ['routes[0]'], /mapping/],
  ['a route without name', { ...minimal, routes: [{ match }] }, ['routes[0].name'], /required/],
  ['a route without match', { ...minimal, routes: [{ name: 'a' }] }, ['routes[0].match']],
  ['a match without path', withRoute({ match: {} }), ['routes[0].match.path'], /required/],
  ['an empty section', 'shadow:\nroutes:\n', ['routes', 'shadow'], /is empty/],
  ['a misspelt key', configurationWith({ shadwo: {} }), ['shadwo'], /did you mean shadow\?/],
  [
    'a misspelt key inside',
    configurationWith({ capture: { maxBodyByte: '1MiB' } }),
    ['capture.maxBodyByte'],
    /did you mean maxBodyBytes\?/,
  ],
  [
    'a key in the wrong section',
    configurationWith({ maxExchanges: 5 }),
    ['maxExchanges'],
    /did you mean capture\.maxExchanges\?/,
  ],
  ['a key like no other', withRoute({ zzz: 1 }), ['routes[0].zzz'], /unknown key$/],
  [
    'keys of a prototype',
    '{"__proto__": {"a": 1}, "constructor": 1, "shadow": {"url": "http://127.0.0.1:1"}, "routes": [{"name": "a", "match": {"path": "/", "headers": {"__proto__": "x"}}}]}',
    ['__proto__', 'constructor', 'routes[0].match.headers.__proto__'],
    /unknown key/,
  ],
  [
    'a version without quotes',
    configurationWith({ live: { version: 2 } }),
    ['live.version'],
    /quotes/,
  ],
  [
    'a name that is a boolean',
    configurationWith({ live: { name: true } }),
    ['live.name'],
    /quotes/,
  ],
  [
    'a header value without quotes',
    withMatch({ headers: { a: 2 } }),
    ['routes[0].match.headers.a'],
    /quotes/,
  ],
  [
    'a number in quotes',
    configurationWith({ shadow: { rate: '5' } }),
    ['shadow.rate'],
    /without quotes/,
  ],
  [
    'a duration without unit',
    configurationWith({ shadow: { timeout: 2 } }),
    ['shadow.timeout'],
    /ms, s, m/,
  ],
  [
    'a duration in words',
    configurationWith({ capture: { idle: 'soon' } }),
    ['capture.idle'],
    /ms, s, m/,
  ],
  [
    'a duration out of bounds',
    configurationWith({ capture: { idle: '2d' } }),
    ['capture.idle'],
    /1ms to 1h/,
  ],
  [
    'a size without unit',
    configurationWith({ capture: { maxBodyBytes: 1 } }),
    ['capture.maxBodyBytes'],
    /KiB/,
  ],
  [
    'a decimal size',
    configurationWith({ shadow: { queue: { bytes: '1MB' } } }),
    ['shadow.queue.bytes'],
    /MiB/,
  ],
  [
    'a fraction of a connection',
    configurationWith({ shadow: { connections: 1.5 } }),
    ['shadow.connections'],
    /whole/,
  ],
  [
    'no connection',
    configurationWith({ shadow: { connections: 0 } }),
    ['shadow.connections'],
    /1 to/,
  ],
  ['a negative rate', configurationWith({ shadow: { rate: -1 } }), ['shadow.rate'], /0 to/],
  [
    'a rate that is no number',
    'shadow: {url: "http://a", rate: .nan}\nroutes: [{name: a, match: {path: /}}]',
    ['shadow.rate'],
  ],
  [
    'a share above one',
    withRoute({ sample: { ratio: 1.1 } }),
    ['routes[0].sample.ratio'],
    /0 to 1/,
  ],
  ['a boolean in words', configurationWith({ paused: 'yes' }), ['paused'], /true or false/],
  [
    'a word that is none of the list',
    configurationWith({ telemetry: { trace: 'both' } }),
    ['telemetry.trace'],
    /pair, join/,
  ],
  ['a list that is a text', withMatch({ methods: 'GET' }), ['routes[0].match.methods'], /a list/],
  ['a route with a reserved name', withRoute({ name: '~other' }), ['routes[0].name'], /letter/],
  ['a path without slash', withMatch({ path: 'a' }), ['routes[0].match.path'], /start with "\/"/],
  ['a path with a query', withMatch({ path: '/a?b' }), ['routes[0].match.path'], /only the path/],
  ['a wildcard in the middle', withMatch({ path: '/a/*/b' }), ['routes[0].match.path'], /\{name\}/],
  [
    'a host with a port',
    withMatch({ hosts: ['a.example:80'] }),
    ['routes[0].match.hosts[0]'],
    /port/,
  ],
  ['no method', withMatch({ methods: [] }), ['routes[0].match.methods'], /1 to/],
  [
    'a method that is never followed',
    withMatch({ methods: ['CONNECT'] }),
    ['routes[0].match.methods[0]'],
  ],
  [
    'a header name with a space',
    withMatch({ headers: { 'a b': 'c' } }),
    ['routes[0].match.headers["a b"]'],
    /header/,
  ],
  [
    'a header twice',
    withMatch({ headers: { 'x-a': 'b', 'X-A': 'c' } }),
    ['routes[0].match.headers.X-A'],
    /twice/,
  ],
  [
    'a sample by nothing',
    withRoute({ sample: { by: 'user' } }),
    ['routes[0].sample.by'],
    /header:/,
  ],
  [
    'a pointer without slash',
    withRoute({ compare: { ignore: ['a'] } }),
    ['routes[0].compare.ignore[0]'],
    /Pointer/,
  ],
  [
    'a negative tolerance',
    withRoute({ compare: { tolerance: { relative: -1 } } }),
    ['routes[0].compare.tolerance.relative'],
  ],
  [
    'null equals missing: false',
    withRoute({ compare: { nullEqualsMissing: false } }),
    ['routes[0].compare.nullEqualsMissing'],
  ],
  [
    'an expiry that is no date',
    configurationWith({ expires: '2027-02-30' }),
    ['expires'],
    /calendar/,
  ],
  ['an expiry that is a year', configurationWith({ expires: 2027 }), ['expires'], /quotes/],
  [
    'a shadow with a path',
    configurationWith({ shadow: { url: 'http://a/b' } }),
    ['shadow.url'],
    /without a path/,
  ],
  ['a shadow over ftp', configurationWith({ shadow: { url: 'ftp://a' } }), ['shadow.url'], /http/],
  [
    'a collector without scheme',
    configurationWith({ telemetry: { otlp: 'a:4318' } }),
    ['telemetry.otlp'],
    /http/,
  ],
  ['an address without port', configurationWith({ listen: 'localhost' }), ['listen'], /host:port/],
  [
    'TLS without key',
    configurationWith({ listen: { tls: { certFile: 'a' } } }),
    ['listen.tls.keyFile'],
    /required/,
  ],
  [
    'an admin port on a socket',
    configurationWith({ admin: { listen: 'unix:/a' } }),
    ['admin.listen'],
    /host:port/,
  ],
  [
    'nine segments',
    configurationWith({
      segments: Object.fromEntries(
        Array.from({ length: 9 }, (_, index) => [`s${index}`, { header: 'x' }]),
      ),
    }),
    ['segments'],
    /at most 8/,
  ],
  [
    '51 values of a segment',
    configurationWith({
      segments: {
        a: { header: 'a', values: Array.from({ length: 51 }, (_, index) => `v${index}`) },
      },
    }),
    ['segments.a.values'],
    /at most 50/,
  ],
  [
    'a label without quotes',
    configurationWith(
      { verdict: { mode: 'noninferior' } },
      { prediction: { preset: 'sklearn', labels: [0] } },
    ),
    ['routes[0].prediction.labels[0]'],
    /quotes/,
  ],
  [
    'a margin of nothing',
    configurationWith({ verdict: { margins: { errors: 0 } } }),
    ['verdict.margins.errors'],
    /above 0/,
  ],
  [
    'a store without path',
    configurationWith({ store: { keep: '1d' } }),
    ['store.path'],
    /required/,
  ],
  ['a control without url', configurationWith({ control: {} }), ['control.url'], /required/],
  [
    'a text with control characters',
    configurationWith({ live: { name: 'a\nb' } }),
    ['live.name'],
    /control/,
  ],
];

for (const [title, content, paths, says] of badConfigurations) {
  test(`${title} is an error at ${paths.join(', ') || 'the file'}`, () => {
    assert.deepEqual(pathsOf(content), paths);
    for (const { message } of errorsOf(content)) if (says) assert.match(message, says);
  });
}

test('all errors are told at once, those of rules beside those of values', () => {
  const content = {
    listen: '0.0.0.0:9002',
    shadow: { url: 'http://127.0.0.1:9003', connections: 1.5, timeout: 2, zzz: 1 },
    segments: { 'a b': { header: 'x' }, c: {}, d: { header: 'x y' } },
    routes: [
      { name: 'a', match: { path: 'x', methods: ['POST'] }, sample: { ratio: 5 } },
      { name: 'a', match },
    ],
  };
  assert.deepEqual(pathsOf(content), [
    'listen',
    'routes[0].match.methods',
    'routes[0].match.path',
    'routes[0].sample.ratio',
    'routes[1].name',
    'segments.c',
    'segments.d.header',
    'segments["a b"]',
    'shadow.connections',
    'shadow.timeout',
    'shadow.url',
    'shadow.zzz',
  ]);
});

test('a rule whose keys are in error is not asked', () => {
  const content = withRoute({ match: { path: '/a', methods: ['POST'] }, effects: 'nothing' });
  assert.deepEqual(pathsOf(content), ['routes[0].effects']);
});

test('a value in error is not repeated', () => {
  const errors = errorsOf(configurationWith({ telemetry: { otlp: 'grpc://user:hunter2@a' } }));
  assert.doesNotMatch(JSON.stringify(errors), /hunter2/);
});

test('an alias inside its own anchor is an error like any other', () => {
  assert.deepEqual(pathsOf('shadow: &a {url: *a}\nroutes: &b [*b]\n'), ['routes[0]', 'shadow.url']);
});

test('defaults fill in everything that the minimal file leaves out', () => {
  const config = configOf(minimal);
  assert.deepEqual(config.listen, { address: '127.0.0.1:9002' });
  assert.equal(config.shadow.timeout, 2000);
  assert.deepEqual(config.shadow.queue, { requests: 1000, bytes: 33_554_432 });
  assert.deepEqual(config.routes[0]?.match.methods, ['GET', 'HEAD']);
  assert.deepEqual(config.routes[0]?.headers.grant, []);
  assert.deepEqual(config.telemetry.modeKeys, ['twinspan.deployment.mode', 'deployment.mode']);
  assert.equal(config.verdict.mode, 'equivalence');
  assert.equal(config.verdict.margins.mismatch, 0.01);
  for (const key of ['control', 'store', 'intake', 'expires']) assert.equal(key in config, false);
});

test('the mismatch gate is off in mode noninferior', () => {
  const config = configOf(
    configurationWith({ verdict: { mode: 'noninferior', margins: { mismatch: 0.01 } } }),
  );
  assert.equal(config.verdict.margins.mismatch, null);
});

test('nullEqualsMissing: true means everywhere', () => {
  const config = configOf(withRoute({ compare: { nullEqualsMissing: true } }));
  assert.deepEqual(config.routes[0]?.compare.nullEqualsMissing, ['/**']);
});

test('twinspan.deployment.mode is always one of the mode keys', () => {
  const config = configOf(configurationWith({ telemetry: { modeKeys: ['mode'] } }));
  assert.deepEqual(config.telemetry.modeKeys, ['twinspan.deployment.mode', 'mode']);
});

test('a configuration is frozen to its last list', () => {
  const config = configOf(minimal);
  assert.throws(() => Object.assign(config.routes[0]!.match, { path: '/b' }), TypeError);
  assert.throws(() => (config.routes as unknown[]).push(1), TypeError);
});
