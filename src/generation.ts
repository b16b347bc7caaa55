/**
 * One configuration, compiled into what the stations need. A reload makes a new generation and swaps it in
 * whole; an exchange ends on the generation on which it began.
 */
import { createHash } from 'node:crypto';

import type { Comparison } from './comparison/comparison.ts';
import type { Pair } from './comparison/pair.ts';
import { compileRules, type RuleOptions, type Rules } from './comparison/rules.ts';
import type { Config, RouteConfig } from './config/schema.ts';
import type { PairTrace } from './duplicate/duplicate.ts';
import { compileHeaderPolicy, type HeaderPolicy } from './duplicate/header-policy.ts';
import { makeDuplicate, type DuplicateResult } from './duplicate/make-duplicate.ts';
import type { ExchangeHead } from './exchange/exchange.ts';
import type { Request, Route } from './exchange/request.ts';
import {
  compileSelect,
  type RouteSettings,
  type Select,
  type SelectionSeams,
} from './exchange/select.ts';

export interface Generation {
  readonly config: Config;
  /** `twinspan.experiment.id`: equal for replicas that compare the same versions by the same rules. */
  readonly experiment: string;
  readonly admission: {
    readonly maxExchanges: number;
    readonly maxLoopDelayMs: number;
    readonly maxBodyBytes: number;
  };
  readonly dispatch: 'after-live' | 'with-request';
  readonly select: Select;
  readonly duplicate: (head: ExchangeHead, request: Request, trace: PairTrace) => DuplicateResult;
  /** Some pairs take longer, and are compared beside everything else. Never rejects. */
  readonly compare: (pair: Pair) => Comparison | Promise<Comparison>;
}

export interface GenerationSeams extends SelectionSeams {
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
  readonly policy: HeaderPolicy;
  readonly rules: Rules;
  readonly ruleOptions: RuleOptions;
}

/** Raise it when equal answers may be judged otherwise than before: experiments start anew. */
const comparatorVersion = 1;

export function compileGeneration(config: Config, seams: GenerationSeams): Generation {
  const targetIsPrivate = isPrivate(config.shadow.url);
  const plans = new Map<Route, RoutePlan>();
  const routes = config.routes.map((route) => {
    const settings = routeSettings(route);
    plans.set(settings, {
      policy: compileHeaderPolicy({
        grant: route.headers.grant,
        allowPlainHttp: route.headers.allowPlainHttp,
        ...(route.headers.idempotencyKey === 'hmac' && { idempotencyKey: 'hmac' }),
        targetIsPrivate,
        stripConditions: route.compare.conditional === 'strip',
        hmacKey: seams.hmacKey,
      }),
      rules: compileRules(route.compare, seams.onTrouble),
      ruleOptions: route.compare,
    });
    return settings;
  });

  return {
    config,
    experiment: experimentOf(config),
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
      seams,
    ),
    duplicate: (head, request, trace) =>
      makeDuplicate(
        { head, request, trace, target: 'shadow' },
        {
          instance: seams.instance,
          host: config.shadow.host,
          policy: plans.get(head.route)!.policy,
        },
      ),
    compare: (pair) => {
      const { rules, ruleOptions } = plans.get(pair.exchange.route)!;
      return seams.compare(pair, rules, ruleOptions);
    },
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

function experimentOf({ live, shadow, routes }: Config): string {
  const key = {
    live: [live.name, live.version],
    shadow: [shadow.name, shadow.version],
    rules: routes.map(({ name, compare: rules }) => [name, rules]),
    comparatorVersion,
  };
  return createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 16);
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
