/** What envoy/rollouts/ promises, by the rules of Argo Rollouts and of Flagger. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { parseAllDocuments } from 'yaml';

import { flaggerAnswer } from '../../../src/admin/flagger.ts';
import { judgeRoutes } from '../../../src/admin/routes.ts';
import type { VerdictAnswer, VerdictQuery } from '../../../src/admin/verdict-query.ts';
import { parseDuration } from '../../../src/config/units.ts';
import {
  analysisRun,
  metricProblem,
  type AnalysisRun,
  type Phase,
  type WebAnswer,
  type WebMetric,
} from '../../kit/argo-analysis.ts';
import { adminRequest, adminView } from '../admin/admin-view.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'envoy', 'rollouts');
const files = readdirSync(folder);
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** Of each file only what is looked at here. */
function documents<Manifest = Base>(name: string): Manifest[] {
  return parseAllDocuments(text(name)).map((document) => {
    assert.deepEqual(document.errors, [], name);
    return document.toJS() as Manifest;
  });
}

interface Base {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly ports: readonly { readonly containerPort: number }[];
}

interface Pod {
  readonly restartPolicy?: string;
  readonly containers: readonly [Container];
}

interface Template<Metric> extends Base {
  readonly spec: {
    readonly args: readonly { readonly name: string; readonly value?: string }[];
    readonly metrics: readonly Metric[];
  };
}

interface WebProvider {
  readonly provider: { readonly web: { readonly url: string; readonly jsonPath: string } };
}

interface Job {
  readonly count: number;
  readonly provider: {
    readonly job: { readonly spec: { backoffLimit: number; template: { spec: Pod } } };
  };
}

interface Step {
  readonly setWeight?: number;
  readonly analysis?: {
    readonly templates: readonly { readonly templateName: string }[];
    readonly args: readonly { readonly name: string }[];
  };
}

interface Rollout extends Base {
  readonly spec: {
    readonly template: { readonly metadata: { readonly labels: { readonly version: string } } };
    readonly strategy: {
      readonly canary: { readonly steps: readonly Step[]; readonly analysis?: unknown };
    };
  };
}

interface Webhook {
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly timeout: string;
}

interface Canary extends Base {
  readonly spec: { readonly analysis: { readonly webhooks: readonly Webhook[] } };
}

interface Service extends Base {
  readonly spec: { readonly ports: readonly [{ readonly port: number }] };
}

interface Deployment extends Base {
  readonly spec: { readonly template: { readonly spec: Pod } };
}

type State = VerdictAnswer['state'];

/** What the judge answers: 200 in every state. */
function answer(state: State | 'garbage' | 'away' | 'replica'): WebAnswer {
  if (state === 'away') return { status: 503, body: '' };
  if (state === 'garbage') return { status: 200, body: '<html>' };
  const scope = state === 'replica' ? 'replica' : 'fleet';
  const body = {
    schema: 'twinspan.verdict/1',
    scope,
    state: state === 'replica' ? 'promote' : state,
  };
  return { status: 200, body: JSON.stringify(body) };
}

describe('envoy/rollouts/', () => {
  it('has files that parse, and a README that names each of them', () => {
    const manifests = files.filter((name) => name.endsWith('.yaml'));
    assert.ok(manifests.length >= 5);
    for (const name of manifests) {
      for (const { apiVersion, kind, metadata, spec } of documents(name)) {
        assert.ok(apiVersion && kind && metadata?.name && spec, name);
      }
      assert.ok(text('README.md').includes(`(${name})`), name);
    }
  });

  it('never asks a replica where it means the fleet', () => {
    for (const name of files.filter((each) => /argo-.*template|flagger/.test(each))) {
      assert.match(text(name), /scope == "fleet"|--scope=fleet|scope=fleet/, name);
      assert.match(text(name), /twinspan-judge:9466/, name);
    }
    const [, service] = documents<Service>('judge.yaml');
    assert.equal(service?.metadata.name, 'twinspan-judge');
    assert.equal(service.spec.ports[0].port, 9466);
  });
});

describe('argo-analysis-template.yaml, by the rules of Argo Rollouts', () => {
  const template = documents<Template<WebMetric & WebProvider>>('argo-analysis-template.yaml')[0]!;
  const { metrics } = template.spec;
  const run = (): AnalysisRun => analysisRun(metrics);
  const after = (states: readonly Parameters<typeof answer>[0][], of = run()): Phase[] =>
    states.map((state) => of.take(() => answer(state)));

  it('is a template that Argo takes', () => {
    for (const metric of metrics) assert.equal(metricProblem(metric), undefined, metric.name);
    assert.equal(new Set(metrics.map(({ name }) => name)).size, metrics.length);
  });

  it('asks the judge about the version that is rolled out', async () => {
    const asked: VerdictQuery[] = [];
    const judge = judgeRoutes(
      adminView({
        verdict(query) {
          asked.push(query);
          return { state: 'collecting', scope: 'fleet', reason: '', next: '' };
        },
      }),
    );
    for (const { provider } of metrics) {
      const url = new URL(
        provider.web.url
          .replace('{{args.judge}}', 'http://twinspan-judge:9466')
          .replace('{{args.shadow-version}}', '2.4.0'),
      );
      const { status } = await judge(adminRequest({ target: `${url.pathname}${url.search}` }));
      assert.equal(status, 200);
      assert.equal(provider.web.jsonPath, '{$}');
    }
    assert.deepEqual(asked, [{ shadow: '2.4.0' }, { shadow: '2.4.0' }]);
  });

  const cases: [what: string, states: Parameters<typeof answer>[0][], phases: Phase[]][] = [
    ['collecting goes on', ['collecting', 'collecting'], ['Running', 'Running']],
    ['promote succeeds at once', ['collecting', 'promote'], ['Running', 'Successful']],
    ['reject fails at once, which aborts', ['collecting', 'reject'], ['Running', 'Failed']],
    ['hold pauses at once', ['hold'], ['Inconclusive']],
    [
      'hold pauses at once, however long it collected',
      ['collecting', 'collecting', 'hold'],
      ['Running', 'Running', 'Inconclusive'],
    ],
    ['the verdict of one replica pauses', ['replica'], ['Inconclusive']],
    [
      'errors are passed over',
      ['away', 'garbage', 'collecting', 'promote'],
      ['Running', 'Running', 'Running', 'Successful'],
    ],
  ];
  for (const [what, states, phases] of cases) {
    it(what, () => assert.deepEqual(after(states), phases));
  }

  it('pauses when a week of measurements decided nothing, and does not fail', () => {
    const of = run();
    let phase: Phase = 'Running';
    let measurements = 0;
    for (; phase === 'Running'; measurements += 1) phase = of.take(() => answer('collecting'));
    assert.equal(phase, 'Inconclusive');
    assert.equal(measurements, 7 * 24 * 60);
  });

  it('aborts when the judge is away for five minutes', () => {
    const phases = after(Array.from({ length: 31 }, () => 'away'));
    assert.deepEqual(new Set(phases.slice(0, 30)), new Set(['Running']));
    assert.equal(phases[30], 'Error');
  });

  it('comes to the same end when the two metrics see a change one after the other', () => {
    const ends: [State, Phase][] = [
      ['promote', 'Successful'],
      ['reject', 'Failed'],
      ['hold', 'Inconclusive'],
    ];
    for (const [state, end] of ends) {
      for (const { name: early } of metrics) {
        const of = run();
        of.take(() => answer('collecting'));
        const between = of.take(({ name }) => answer(name === early ? state : 'collecting'));
        assert.equal(
          between === 'Running' ? of.take(() => answer(state)) : between,
          end,
          `${state} ${early}`,
        );
      }
    }
  });

  it('would count as successful when it is ended early, so it is an inline step', () => {
    const of = run();
    of.take(() => answer('collecting'));
    assert.equal(of.terminate(), 'Successful');
    const { steps, analysis } = documents<Rollout>('argo-rollout.yaml')[0]!.spec.strategy.canary;
    assert.equal(analysis, undefined);
    const place = steps.findIndex((step) => step.analysis !== undefined);
    const templates = [{ templateName: template.metadata.name }];
    assert.deepEqual(steps[place]?.analysis?.templates, templates);
    assert.ok(steps.slice(0, place).every(({ setWeight }) => setWeight === undefined));
    assert.ok(steps.slice(place).some(({ setWeight }) => setWeight !== undefined));
  });

  it('gets the arguments that it needs from the Rollout', () => {
    const { spec } = documents<Rollout>('argo-rollout.yaml')[0]!;
    const needed = template.spec.args
      .filter(({ value }) => value === undefined)
      .map(({ name }) => name);
    const step = spec.strategy.canary.steps.find(({ analysis }) => analysis !== undefined);
    assert.deepEqual(
      step?.analysis?.args.map(({ name }) => name),
      needed,
    );
    assert.ok(spec.template.metadata.labels.version);
  });

  it('one metric alone could not: a limit that lets collecting wait lets a hold wait', () => {
    const alone = { ...metrics[1]!, name: 'alone' };
    const of = analysisRun([alone]);
    assert.equal(
      of.take(() => answer('hold')),
      'Running',
    );
    assert.equal(
      analysisRun([{ ...alone, inconclusiveLimit: 0 }]).take(() => answer('collecting')),
      'Inconclusive',
    );
  });
});

describe('argo-job-analysis-template.yaml', () => {
  const template = documents<Template<Job>>('argo-job-analysis-template.yaml')[0]!;
  const [metric] = template.spec.metrics;
  const { backoffLimit, template: pod } = metric!.provider.job.spec;
  const [container] = pod.spec.containers;

  it('runs once, and is not tried again by anybody', () => {
    assert.equal(metric!.count, 1);
    assert.equal(backoffLimit, 0);
    assert.equal(pod.spec.restartPolicy, 'Never');
  });

  it('waits for a time that twinspan understands', () => {
    const wait = template.spec.args.find(({ name }) => name === 'wait')?.value;
    assert.equal(parseDuration(wait ?? '').kind, 'value');
    assert.deepEqual(
      container.args.map((argument) => argument.split('=')[0]),
      ['verdict', '--url', '--scope', '--shadow', '--wait'],
    );
  });
});

describe('flagger-canary.yaml', () => {
  const canary = documents<Canary>('flagger-canary.yaml')[0]!;
  const { webhooks } = canary.spec.analysis;
  const body = JSON.stringify({ name: canary.metadata.name, namespace: 'shop', phase: 'Waiting' });

  async function statuses(
    type: string,
    state: State,
    scope: 'fleet' | 'replica' = 'fleet',
  ): Promise<number> {
    const hook = webhooks.find((each) => each.type === type)!;
    const { pathname, search } = new URL(hook.url);
    const view = adminView({ verdict: () => ({ state, scope, reason: 'r', next: 'n' }) });
    const request = { target: `${pathname}${search}`, method: 'POST', readBody: async () => body };
    return (await flaggerAnswer(view, adminRequest(request))).status;
  }

  it('has each hook at the path of its type, with all that makes the answer that of this release', () => {
    for (const { type, url } of webhooks) {
      const { pathname, searchParams } = new URL(url);
      assert.equal(pathname, `/flagger/${type}`);
      assert.equal(searchParams.get('canary'), canary.metadata.name);
      assert.equal(searchParams.get('scope'), 'fleet');
      assert.equal(searchParams.get('shadow'), '2.4.0');
    }
  });

  it('does what the README says in every state', async () => {
    const expected: Record<string, Record<State, number>> = {
      'confirm-rollout': { collecting: 403, promote: 200, hold: 403, reject: 403 },
      'confirm-promotion': { collecting: 403, promote: 200, hold: 403, reject: 403 },
      rollout: { collecting: 200, promote: 200, hold: 403, reject: 403 },
      rollback: { collecting: 403, promote: 403, hold: 403, reject: 200 },
    };
    assert.deepEqual(webhooks.map(({ type }) => type).toSorted(), Object.keys(expected).toSorted());
    for (const [type, byState] of Object.entries(expected)) {
      for (const [state, status] of Object.entries(byState) as [State, number][]) {
        assert.equal(await statuses(type, state), status, `${type} ${state}`);
        assert.equal(
          await statuses(type, state, 'replica'),
          403,
          `${type} ${state} of one replica`,
        );
      }
    }
  });

  it('has time for its hooks within an iteration', () => {
    const seconds = webhooks.reduce((sum, { timeout }) => sum + Number.parseInt(timeout, 10), 0);
    assert.ok(seconds < 60);
  });
});

describe('judge.yaml', () => {
  const [deployment] = documents<Deployment>('judge.yaml');
  const [container] = deployment!.spec.template.spec.containers;

  it('runs the released image with the options that the command has', () => {
    const { version } = JSON.parse(readFileSync(join(folder, '../../package.json'), 'utf8')) as {
      version: string;
    };
    assert.equal(container.image, `twinspan:${version}`);
    assert.deepEqual(
      container.args.map((argument) => argument.split('=')[0]),
      ['verdict', 'serve', '--prometheus', '--selector', '--config', '--listen'],
    );
    assert.equal(container.ports[0]?.containerPort, 9466);
  });
});
