import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadConfig, type LoadResult } from '../../../../src/config/load.ts';
import { proposeRules } from '../../../../src/report/noise/proposals.ts';
import type { CompareRules, RouteNoise } from '../../../../src/report/noise/report.ts';
import { calibrationYaml } from '../../../../src/report/noise/yaml.ts';
import { at, compareDefaults, noiseOf, rulesOfRoute } from './noise-pairs.ts';

function yamlOf(noise: RouteNoise): string {
  return calibrationYaml([{ noise, proposals: proposeRules(noise, 30) }]);
}

/** What the loader makes of a configuration with the printed routes in it. */
function loaded(yaml: string): Extract<LoadResult, { kind: 'loaded' }> {
  const routes = yaml.replaceAll(/^ {2}- name: .*$/gm, '$&\n    match: { path: "/**" }');
  const file = `version: 1\nshadow: { url: "http://127.0.0.1:1" }\n${routes}`;
  const result = loadConfig({ path: 'a.yaml', env: {}, readFile: () => Buffer.from(file) });
  if (result.kind === 'invalid') throw new Error(`${JSON.stringify(result.errors)}\n${file}`);
  return result;
}

function compareOf(yaml: string): CompareRules {
  return loaded(yaml).config.routes[0]!.compare;
}

test('proposals of every kind load as they were meant, and beside each stands what was counted', () => {
  const noise = noiseOf({
    control: [
      100,
      () => [
        at('/id', { volatility: 'uuid' }),
        at('/at', { volatility: 'timestamp' }),
        at('/took'),
        at('/score', { relativeDistance: 1.5e-8 }),
        at('/tags', { kind: 'order' }),
        at('header:location', { kind: 'header_value' }),
        at('/note', { kind: 'extra', digests: { shadow: { type: 'null', length: 4 } } }),
        at('/users/{key}/n', { kind: 'missing', contract: true }),
      ],
    ],
    shadow: [10, () => [at('/took')]],
  });
  const yaml = yamlOf(noise);
  assert.deepEqual(compareOf(yaml), {
    ...compareDefaults,
    ignore: ['/took', '/users/*/n'],
    unordered: ['/tags'],
    nullEqualsMissing: ['/note'],
    tolerance: { relative: 0, absolute: 0, paths: { '/score': { relative: 6e-8, absolute: 0 } } },
    normalize: { ...compareDefaults.normalize, timestamp: ['/at'], uuid: ['/id'] },
    headers: ['content-type'],
  });
  assert.match(
    yaml,
    /^ {8}- "\/took" # NEW: differed by value in 100 of 100 pairs with the control \(96\.3 to 100 %\) and 10 of 10 /m,
  );
  assert.match(
    yaml,
    /^ {8}# WARNING: hides contract differences: .*\n {8}# WARNING: hides every change here: .*\n {8}- "\/users\/\*\/n" # NEW/m,
  );
  assert.match(
    yaml,
    /^ {6}# NEW: without "location", which differed by header_value in 100 of 100 /m,
  );
  assert.match(
    yaml,
    /^ {2}# "predict" since 1970-01-01T00:00:00\.000Z: 100 pairs with the control, of which 100 differ; 10 pairs /m,
  );
  assert.match(
    yaml,
    /^ {2}# The control takes 20 ms longer than live at the median, 20 ms at p95 \(last 100 pairs\)\.$/m,
  );
});

test('rules in force stay, each with what it took out', () => {
  const compare: CompareRules = {
    ignore: ['/id'],
    unordered: ['/tags'],
    keyed: { '/rows': 'id' },
    tolerance: { relative: 1e-6, absolute: 0.5, paths: { '/score': { relative: 0, absolute: 2 } } },
    nullEqualsMissing: ['/note'],
    normalize: { timestamp: ['/at'], uuid: ['/uuid'], lowercase: ['/label'], trim: ['/label'] },
    headers: ['content-type', 'x-a'],
    conditional: 'keep',
    show: 'values',
  };
  const noise: RouteNoise = {
    ...noiseOf({ control: [50, () => []], shadow: [200, () => []] }, rulesOfRoute(compare)),
    rules: [
      { rule: '/id', control: 50, shadow: 200 },
      { rule: 'unordered /tags', control: 0, shadow: 9 },
      { rule: 'lowercase /label, trim /label', control: 3, shadow: 4 },
    ],
  };
  const yaml = yamlOf(noise);
  assert.deepEqual(compareOf(yaml), compare);
  assert.match(
    yaml,
    /"\/id" # in force: took something out of 50 of 50 pairs with the control, 200 of 200 pairs with the shadow$/m,
  );
  assert.match(
    yaml,
    /# WARNING: live itself did not vary here: this rule hides differences of the shadow\n {8}- "\/tags" # in force: took something out of 0 of 50/,
  );
  assert.equal(yaml.match(/"\/label" # in force: took something out of 3 of 50/g)?.length, 2);
  assert.match(yaml, /^ {2}# No new rule is proposed\.$/m);
});

test('a tolerance that is proposed is not narrower than what holds at its place', () => {
  const proposed = [100, () => [at('/score', { relativeDistance: 1e-4 })]] as const;
  for (const [tolerance, bounds] of [
    [
      { relative: 1e-6, absolute: 0.5, paths: {} },
      { relative: 1e-4, absolute: 0.5 },
    ],
    [
      { relative: 0, absolute: 0, paths: { '/score': { relative: 1e-3, absolute: 1 } } },
      { relative: 1e-3, absolute: 1 },
    ],
  ] as const) {
    const noise = noiseOf({ control: proposed }, rulesOfRoute({ tolerance }));
    assert.deepEqual(compareOf(yamlOf(noise)).tolerance.paths, { '/score': bounds });
  }
});

test('with too little data the rules in force are printed, and how much is missing', () => {
  const noise = noiseOf({ control: [3, () => [at('/took')]] }, rulesOfRoute({ ignore: ['/id'] }));
  const yaml = yamlOf(noise);
  assert.deepEqual(compareOf(yaml).ignore, ['/id']);
  assert.match(yaml, /# too little data: 3 pairs with the control, at least 30 are needed/);
});

test('a route without any rule loads, and so does a twinspan without routes', () => {
  assert.deepEqual(compareOf(yamlOf(noiseOf({}))), compareDefaults);
  assert.match(calibrationYaml([]), /^routes: \[\]\n$/m);
});

test('without a control that is said', () => {
  const noise = noiseOf({ shadow: [50, () => [at('/id', { volatility: 'uuid' })]] });
  const yaml = yamlOf(noise);
  assert.match(yaml, /# No control: these are proposed by their form alone/);
  assert.deepEqual(compareOf(yaml).normalize.uuid, ['/id']);
});

test('no text can end a comment or reach a terminal', () => {
  const group = '/a\n      show: values\u001b[2J\u2028';
  const noise = noiseOf({ control: [50, () => [at(group)]] }, rulesOfRoute({ ignore: ['/é"#\t'] }));
  const yaml = yamlOf(noise);
  assert.doesNotMatch(yaml, /[^\n\x20-\x7e]/);
  assert.equal(compareOf(yaml).ignore[0], '/é"#\t');
  assert.equal(compareOf(yaml).ignore[1], group);
  assert.equal(compareOf(yaml).show, 'pointers');
});
