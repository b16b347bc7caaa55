/**
 * One configuration, compiled into what the stations need. A reload makes a new generation and swaps it in
 * whole; an exchange ends on the generation on which it began.
 */
import { createHash, createHmac } from 'node:crypto';

import type { Comparison } from './comparison/comparison.ts';
import type { Pair } from './comparison/pair.ts';
import { compileRules, type RuleOptions, type Rules } from './comparison/rules.ts';
import type { Config, RouteConfig } from './config/schema.ts';
import type { Duplicate, PairTrace } from './duplicate/duplicate.ts';
import { compileHeaderPolicy, type HeaderPolicy } from './duplicate/header-policy.ts';
import { makeDuplicate, type DuplicateResult } from './duplicate/make-duplicate.ts';
import type { ExchangeHead } from './exchange/exchange.ts';
import type { Request, Route } from './exchange/request.ts';
import { fractionOf } from './exchange/sample.ts';
import {
  compileSelect,
  type Pressure,
  type RouteSettings,
  type Select,
  type SelectionSeams,
} from './exchange/select.ts';
import type { Experiment } from './report/tally.ts';

export interface Generation {
  readonly config: Config;
  /**
   * The experiment of these two versions: its id, `twinspan.experiment.id`, is equal for replicas that compare the same
   * versions by the same rules and judge them by the same gates.
   */
  readonly experiment: (live: string | undefined, shadow: string | undefined) => Experiment;
  readonly admission: {
    readonly maxExchanges: number;
    readonly maxLoopDelayMs: number;
    readonly maxBodyBytes: number;
  };
  readonly dispatch: 'after-live' | 'with-request';
  readonly select: Select;
  /** `control` for the sampled share of live exchanges; the same on every replica. */
  readonly targetOf: (head: Pick<ExchangeHead, 'requestId' | 'mode'>) => Target;
  readonly duplicate: (
    head: ExchangeHead,
    request: Request,
    trace: PairTrace,
    target: Target,
  ) => DuplicateResult;
  /** Some pairs take longer, and are compared beside everything else. Never rejects. */
  readonly compare: (pair: Pair) => Comparison | Promise<Comparison>;
}

type Target = Duplicate['target'];

export interface GenerationSeams extends Omit<SelectionSeams, 'pressure'> {
  /** Why nothing more can go to this target now. As of `SelectionSeams`. */
  readonly pressure: (target: Target) => Pressure | undefined;
  /** Names this process in the loop guard's header. */
  readonly instance: string;
  readonly hmacKey: Uint8Array;
  /** `rules` are `options`, compiled. */
  readonly compare: (
    pair: Pair,
    rules: Rules,
    options: RuleOptions,
  ) => Comparison | Promise<Comparison>;
  /** A fault of the comparison itself, not of what was compared. */
  readonly onTrouble: (error: unknown) => void;
}

interface RoutePlan {
  /** The control is at another place, where a grant may be worth less. */
  readonly policies: Readonly<Record<Target, HeaderPolicy>>;
  readonly rules: Rules;
  readonly ruleOptions: RuleOptions;
}

/** Raise it when equal answers may be judged otherwise than before: experiments start anew. */
const comparatorVersion = 1;

export function compileGeneration(config: Config, seams: GenerationSeams): Generation {
  const { control } = config;
  const targetOf = compileTarget(control?.ratio ?? 0);
  // Of its own, because what is rewritten with the other one is seen by the shadow.
  const hashKey = createHmac('sha256', seams.hmacKey).update('comparison').digest('hex');
  const plans = new Map<Route, RoutePlan>();
  const routes = config.routes.map((route) => {
    const settings = routeSettings(route);
    const { compare, prediction } = route;
    const ruleOptions = { ...compare, prediction, segments: config.segments, hashKey };
    const policyTo = (url: string): HeaderPolicy =>
      compileHeaderPolicy({
        grant: route.headers.grant,
        allowPlainHttp: route.headers.allowPlainHttp,
        ...(route.headers.idempotencyKey === 'hmac' && { idempotencyKey: 'hmac' }),
        targetIsPrivate: isPrivate(url),
        stripConditions: route.compare.conditional === 'strip',
        hmacKey: seams.hmacKey,
      });
    const shadow = policyTo(config.shadow.url);
    plans.set(settings, {
      policies: { shadow, control: control === undefined ? shadow : policyTo(control.url) },
      rules: compileRules(ruleOptions, seams.onTrouble),
      ruleOptions,
    });
    return settings;
  });

  return {
    config,
    experiment: compileExperiments(config),
    admission: {
      maxExchanges: config.capture.maxExchanges,
      maxLoopDelayMs: config.capture.maxLoopDelay,
      maxBodyBytes: config.capture.maxBodyBytes,
    },
    dispatch: config.shadow.dispatch,
    select: compileSelect(
      {
        routes,
        ...(config.expires !== undefined && { expires: config.expires }),
        canaryClusters: new Set(config.live.canary.clusters),
      },
      { ...seams, pressure: (followed) => seams.pressure(targetOf(followed)) },
    ),
    targetOf,
    duplicate: (head, request, trace, target) =>
      makeDuplicate(
        { head, request, trace, target },
        {
          instance: seams.instance,
          host: config.shadow.host,
          policy: plans.get(head.route)!.policies[target],
        },
      ),
    compare: (pair) => {
      const { rules, ruleOptions } = plans.get(pair.exchange.route)!;
      return seams.compare(pair, rules, ruleOptions);
    },
  };
}

/**
 * By the request id alone, whatever `sample.by` says, and with a salt that is the name of no route, so that neither
 * sampling tells anything of the other.
 */
function compileTarget(ratio: number): Generation['targetOf'] {
  if (ratio === 0) return () => 'shadow';
  return ({ requestId, mode }) => {
    // Beside a canary the control would not be the same version.
    if (mode === 'canary') return 'shadow';
    const fraction = requestId === '' ? Math.random() : fractionOf(requestId, '~control');
    return fraction < ratio ? 'control' : 'shadow';
  };
}

function routeSettings(route: RouteConfig): RouteSettings {
  return {
    name: route.name,
    template: route.match.path,
    match: {
      path: route.match.path,
      hosts: route.match.hosts,
      headers: route.match.headers,
    },
    methods: route.match.methods,
    ...(route.until !== undefined && { until: route.until }),
    sample: route.sample,
    sideEffectGuard: route.sideEffectGuard,
    stream: route.stream,
  };
}

/** Versions come from answers, so there can be any number of them; the ids of so many are remembered. */
const maxRememberedExperiments = 100;

export function compileExperiments(config: Config): Generation['experiment'] {
  const { live, shadow, routes, verdict } = config;
  const judgedBy = {
    // Only where there is one, so that a release that knows of predictions starts no other experiment anew.
    rules: routes.map(({ name, compare: rules, prediction }) =>
      prediction === undefined ? [name, rules] : [name, rules, prediction],
    ),
    gates: [
      verdict.mode,
      verdict.alpha,
      verdict.margins,
      verdict.latency,
      routes.map((route) => route.verdict.margins),
    ],
    comparatorVersion,
  };
  const known = new Map<string, Experiment>();
  return (liveVersion, shadowVersion) => {
    // No version is empty or has a line break in it.
    const versions = `${liveVersion ?? ''}\n${shadowVersion ?? ''}`;
    const found = known.get(versions);
    if (found !== undefined) return found;
    const key = {
      live: [live.name, liveVersion],
      shadow: [shadow.name, shadowVersion],
      ...judgedBy,
    };
    const experiment: Experiment = Object.freeze({
      id: createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 16),
      live: deployment(live.name, liveVersion),
      shadow: deployment(shadow.name, shadowVersion),
    });
    if (known.size < maxRememberedExperiments) known.set(versions, experiment);
    return experiment;
  };
}

function deployment(name: string | undefined, version: string | undefined): Experiment['live'] {
  return { ...(name !== undefined && { name }), ...(version !== undefined && { version }) };
}

/** What follows from a configuration, worked out once for each one that holds, and not at each use. */
export function onceForEach<Value>(
  config: () => Config,
  derive: (config: Config) => Value,
): () => Value {
  let of: Config | undefined;
  let derived: Value;
  return () => {
    const current = config();
    if (current !== of) {
      derived = derive(current);
      of = current;
    }
    return derived;
  };
}

/** Whether what goes there can be read by nobody on the way: TLS, or this machine. */
function isPrivate(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return (
    protocol === 'https:' ||
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}
