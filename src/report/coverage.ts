/**
 * Whether the shadow receives what live receives: what Envoy's filter began against what twinspan saw and sent, over
 * the same few seconds. Differences between two readings, because each process counts from its own start.
 */

/** Totals at one instant. */
export interface Reading {
  /** Envoy's `ext_proc.*.streams_started`. */
  readonly started: number;
  /**
   * Envoy's `ext_proc.*.streams_failed`: Envoy knows that they did not arrive. With a twinspan to send to they are in
   * `started` too; without a healthy one Envoy begins nothing, and counts them here alone (seen on Envoy 1.40).
   */
  readonly failed: number;
  /** What twinspan has seen and sent; undefined when it does not run here or asks for a token. */
  readonly twinspan?: { readonly seen: number; readonly sent: number };
}

export interface Coverage {
  readonly began: number;
  readonly failed: number;
  readonly seen?: number;
  readonly sent?: number;
  /** Share of what began that did not arrive, 0 to 1; undefined without traffic. */
  readonly gap?: number;
}

/** @param before the earlier reading */
export function coverageOf(before: Reading, after: Reading): Coverage {
  const started = after.started - before.started;
  const failed = after.failed - before.failed;
  const seen = difference(before.twinspan?.seen, after.twinspan?.seen);
  const sent = difference(before.twinspan?.sent, after.twinspan?.sent);
  // An exchange can begin before the second reading of Envoy and be seen after that of twinspan.
  const arrived = Math.min(started, seen ?? Math.max(0, started - failed));
  // Failures that what was started and did not arrive cannot be.
  const neverStarted = Math.max(0, failed - (started - arrived));
  const began = started + neverStarted;
  return {
    began,
    failed,
    ...(seen !== undefined && { seen }),
    ...(sent !== undefined && { sent }),
    ...(began > 0 && { gap: (began - arrived) / began }),
  };
}

/**
 * Sums a counter of the filter over all its instances.
 * @param stats the text of Envoy's `/stats?filter=ext_proc`, lines of `name: value`
 */
export function filterCounter(stats: string, name: string): number {
  let sum = 0;
  for (const line of stats.split('\n')) {
    const [key, value] = line.split(': ');
    if (key !== undefined && value !== undefined && key.endsWith(`.${name}`)) sum += Number(value);
  }
  return sum;
}

function difference(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before;
}
