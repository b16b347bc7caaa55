/** How late Node's event loop runs its timers, as the metrics show it. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Seconds by which timers were late since the last reading. */
export interface EventLoopDelay {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface EventLoopDelayMonitor {
  /** Undefined when nothing was measured since the last reading. Starts anew, so that each reading shows the present. */
  read(): EventLoopDelay | undefined;
  stop(): void;
}

const resolutionMs = 10;

export function monitorDelay(): EventLoopDelayMonitor {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  // Node records the whole time between two ticks of its timer: an idle loop shows the resolution, not 0.
  const seconds = (nanoseconds: number): number =>
    Math.max(0, nanoseconds / 1e9 - resolutionMs / 1000);
  return {
    read() {
      if (histogram.count === 0) return undefined;
      const delay = {
        mean: seconds(histogram.mean),
        p50: seconds(histogram.percentile(50)),
        p99: seconds(histogram.percentile(99)),
        max: seconds(histogram.max),
      };
      histogram.reset();
      return delay;
    },
    stop: () => {
      histogram.disable();
    },
  };
}
