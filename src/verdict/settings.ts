/**
 * What the configuration says of the verdict, in the words of the gates: one margin for each gate and route, and
 * which routes are judged alone whatever their traffic.
 */
export const gateNames = [
  'errors',
  'contract',
  'mismatch',
  'latency_p95',
  'latency_p99',
  'prediction_drift',
  'quality',
  'coverage',
] as const;

export type GateName = (typeof gateNames)[number];

/** Of the difference or share that a gate tolerates; undefined: the gate is off. */
export type Margins = Readonly<Partial<Record<GateName, number>>>;

export interface RouteVerdictSettings {
  readonly name: string;
  readonly margins: Margins;
  /** It has margins of its own, or predicts: it is judged alone, with however little traffic. */
  readonly alone: boolean;
  /** Labels that the configuration lists. Undefined for a route that predicts nothing. */
  readonly labels?: readonly string[];
}

export interface VerdictSettings {
  readonly scope: 'replica' | 'fleet';
  readonly mode: 'equivalence' | 'noninferior';
  /** Chance of a wrong promotion at the first attempt. */
  readonly alpha: number;
  /** Undefined: as counted. */
  readonly attempt?: number;
  readonly floor: { readonly pairs: number; readonly elapsedMs: number };
  readonly horizonMs: number;
  /** Of the routes that are judged together. */
  readonly margins: Margins;
  readonly routes: readonly RouteVerdictSettings[];
  /** Thresholds that the configuration names; without one a fleet's latency cannot be judged. */
  readonly thresholdMs: { readonly p95?: number; readonly p99?: number };
}

type StatedMargins = Readonly<Partial<Record<GateName, number | null>>>;

/** The part of the configuration that is read here; null is a gate that is off. */
export interface ConfiguredVerdict {
  readonly verdict: {
    readonly mode: 'equivalence' | 'noninferior';
    readonly alpha: number;
    readonly attempt?: number;
    readonly floor: { readonly pairs: number; readonly elapsed: number };
    readonly horizon: number;
    readonly margins: StatedMargins;
    readonly latency: { readonly threshold?: { readonly p95?: number; readonly p99?: number } };
  };
  readonly routes: readonly {
    readonly name: string;
    readonly prediction?: { readonly labels: readonly string[] };
    readonly verdict: { readonly margins: StatedMargins };
  }[];
}

export function verdictSettings(
  { verdict, routes }: ConfiguredVerdict,
  scope: 'replica' | 'fleet',
): VerdictSettings {
  const { mode, alpha, attempt, floor, horizon, margins, latency } = verdict;
  return {
    scope,
    mode,
    alpha,
    ...(attempt !== undefined && { attempt }),
    floor: { pairs: floor.pairs, elapsedMs: floor.elapsed },
    horizonMs: horizon,
    margins: gatesThatAreOn(margins, false, mode),
    routes: routes.map(({ name, prediction, verdict: own }) => ({
      name,
      margins: gatesThatAreOn({ ...margins, ...own.margins }, prediction !== undefined, mode),
      alone: prediction !== undefined || Object.keys(own.margins).length > 0,
      ...(prediction && { labels: prediction.labels }),
    })),
    thresholdMs: inMilliseconds(latency.threshold ?? {}),
  };
}

/** Predictions are judged where answers may differ; where they may not, a changed label is a mismatch. */
function gatesThatAreOn(
  margins: StatedMargins,
  predicts: boolean,
  mode: 'equivalence' | 'noninferior',
): Margins {
  return Object.fromEntries(
    gateNames.flatMap((gate) => {
      const margin = margins[gate];
      if (margin === undefined || margin === null) return [];
      if (gate === 'prediction_drift' && (!predicts || mode === 'equivalence')) return [];
      if (gate === 'quality' && !predicts) return [];
      return [[gate, margin]];
    }),
  );
}

function inMilliseconds({ p95, p99 }: { p95?: number; p99?: number }) {
  return {
    ...(p95 !== undefined && { p95: p95 * 1000 }),
    ...(p99 !== undefined && { p99: p99 * 1000 }),
  };
}
