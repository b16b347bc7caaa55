/** Memory of twinspan and of Envoy while a row runs: peaks, and the slope of twinspan's over the last half. */
import type { Suite } from './suite.ts';

export interface Resources {
  readonly rssPeakMiB: number;
  readonly envoyHeapPeakMiB: number;
  /** Least squares over the samples of the last half; MiB a minute. */
  readonly rssSlopeMiBPerMinute: number;
}

const everyMs = 250;

/** Samples until it is stopped. */
export function sampleResources(suite: Suite): { stop(): Promise<Resources> } {
  const rss: (readonly [minute: number, mib: number])[] = [];
  let envoyHeapPeakMiB = 0;
  const stopping = new AbortController();
  const sampling = (async () => {
    while (!stopping.signal.aborted) {
      const mib = suite.twinspan.rssMiB();
      if (mib !== undefined) rss.push([performance.now() / 60_000, mib]);
      envoyHeapPeakMiB = Math.max(envoyHeapPeakMiB, await suite.envoyHeapMiB().catch(() => 0));
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await sampling;
      return {
        rssPeakMiB: Math.max(0, ...rss.map(([, mib]) => mib)),
        envoyHeapPeakMiB,
        rssSlopeMiBPerMinute: slopeOf(rss.slice(Math.floor(rss.length / 2))),
      };
    },
  };
}

function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (axis: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  let above = 0;
  let below = 0;
  for (const [x, y] of points) {
    above += (x - meanX) * (y - meanY);
    below += (x - meanX) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
