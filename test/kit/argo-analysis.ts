/**
 * How Argo Rollouts decides an analysis run, as rules that can be run: conditions of a web metric, what a measurement
 * counts as, the limits of a metric, and the phase of the whole run.
 * Source: argo-rollouts 1.8, `utils/evaluate/evaluate.go`, `analysis/analysis.go` (`runMeasurements`,
 * `assessMetricStatus`, `assessRunStatus`), `utils/analysis/factory.go` (`ValidateMetric`).
 */
export interface WebMetric {
  readonly name: string;
  readonly interval: string;
  readonly count: number;
  readonly failureLimit: number;
  readonly inconclusiveLimit: number;
  readonly consecutiveSuccessLimit: number;
  readonly consecutiveErrorLimit: number;
  readonly successCondition: string;
  readonly failureCondition: string;
}

export type Phase = 'Running' | 'Successful' | 'Failed' | 'Inconclusive' | 'Error';
type Measured = Exclude<Phase, 'Running'>;

/** What the web provider meets: a status and a body. */
export interface WebAnswer {
  readonly status: number;
  readonly body: string;
}

/** From best to worst. */
const order: readonly Phase[] = ['Successful', 'Running', 'Inconclusive', 'Error', 'Failed'];

/** What Argo refuses to run, or undefined. */
export function metricProblem(metric: WebMetric): string | undefined {
  const { count, failureLimit, consecutiveSuccessLimit, inconclusiveLimit, interval } = metric;
  if (count < failureLimit + consecutiveSuccessLimit)
    return 'count < failureLimit + consecutiveSuccessLimit';
  if (count < inconclusiveLimit) return 'count < inconclusiveLimit';
  return count > 1 && interval === '' ? 'no interval' : undefined;
}

export function measure(metric: WebMetric, { status, body }: WebAnswer): Measured {
  if (status < 200 || status >= 300) return 'Error';
  let result: unknown;
  try {
    result = JSON.parse(body);
  } catch {
    result = body;
  }
  try {
    const succeeds = holds(metric.successCondition, result);
    if (holds(metric.failureCondition, result)) return 'Failed';
    return succeeds ? 'Successful' : 'Inconclusive';
  } catch {
    return 'Error';
  }
}

/** The part of the expression language that the files use: `a.b == "c" && a.d in ["e", "f"]`. */
function holds(condition: string, result: unknown): boolean {
  return condition.split(' && ').every((term) => {
    const [, path, operator, right] = /^result((?:\.\w+)+) (==|in) (.+)$/.exec(term) ?? [];
    if (path === undefined || right === undefined) throw new Error(`not understood: ${term}`);
    let value = result;
    for (const name of path.slice(1).split('.')) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new TypeError(`cannot fetch ${name}`);
      }
      value = (value as Record<string, unknown>)[name];
    }
    const stated = JSON.parse(right) as unknown;
    return operator === '==' ? value === stated : (stated as unknown[]).includes(value);
  });
}

interface Counts {
  readonly all: Record<Measured, number>;
  consecutiveError: number;
  consecutiveSuccess: number;
  count: number;
  phase: Phase;
}

export interface AnalysisRun {
  /** One measurement of each metric that still measures; then the phase of the run. */
  take(answerTo: (metric: WebMetric) => WebAnswer): Phase;
  /** Ended from outside. */
  terminate(): Phase;
}

export function analysisRun(metrics: readonly WebMetric[]): AnalysisRun {
  const states = metrics.map((metric): [WebMetric, Counts] => [
    metric,
    {
      all: { Successful: 0, Failed: 0, Inconclusive: 0, Error: 0 },
      consecutiveError: 0,
      consecutiveSuccess: 0,
      count: 0,
      phase: 'Running',
    },
  ]);
  let stopped = false;
  const isTerminating = (): boolean =>
    stopped || states.some(([, { phase }]) => phase !== 'Running' && phase !== 'Successful');
  const assess = (): Phase => {
    const terminating = isTerminating();
    for (const [metric, counts] of states) {
      if (counts.phase === 'Running') counts.phase = phaseOf(metric, counts, terminating);
    }
    const phases = states.map(([, { phase }]) => phase);
    if (!terminating && phases.includes('Running')) return 'Running';
    return phases.reduce((worst, phase) =>
      order.indexOf(phase) > order.indexOf(worst) ? phase : worst,
    );
  };
  return {
    take(answerTo) {
      for (const [metric, counts] of states) {
        if (counts.phase !== 'Running' || isTerminating() || counts.count >= metric.count) continue;
        const measured = measure(metric, answerTo(metric));
        counts.all[measured] += 1;
        if (measured !== 'Error') counts.count += 1;
        counts.consecutiveError = measured === 'Error' ? counts.consecutiveError + 1 : 0;
        counts.consecutiveSuccess = measured === 'Successful' ? counts.consecutiveSuccess + 1 : 0;
      }
      // A phase that changed is looked at again at once.
      const phase = assess();
      return phase === 'Running' ? assess() : phase;
    },
    terminate() {
      stopped = true;
      return assess();
    },
  };
}

function phaseOf(metric: WebMetric, counts: Counts, terminating: boolean): Phase {
  const { all, consecutiveError, consecutiveSuccess, count } = counts;
  if (consecutiveError > metric.consecutiveErrorLimit) return 'Error';
  if (all.Inconclusive > metric.inconclusiveLimit) return 'Inconclusive';
  if (metric.failureLimit >= 0 && all.Failed > metric.failureLimit) return 'Failed';
  if (metric.consecutiveSuccessLimit > 0 && consecutiveSuccess >= metric.consecutiveSuccessLimit) {
    return 'Successful';
  }
  if (count >= metric.count) {
    if (metric.consecutiveSuccessLimit === 0) return 'Successful';
    return metric.failureLimit >= 0 ? 'Inconclusive' : 'Failed';
  }
  return terminating ? 'Successful' : 'Running';
}
