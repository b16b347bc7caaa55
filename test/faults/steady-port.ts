/**
 * A port that stays with the one who has it over restarts: outside the range from which systems take the ports of
 * outgoing connections (32768 and above on Linux, 49152 elsewhere), since one of those could sit on it while nobody
 * listens.
 */
const from = 20_000;
const until = 30_000;
const attempts = 20;

/** Calls `bind` with one port after the other until one is free; rejects with what stood in the way of the last. */
export async function onSteadyPort<Bound>(
  bind: (port: number) => Promise<Bound>,
  isTaken: (error: Error) => boolean,
): Promise<Bound> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await bind(from + Math.floor(Math.random() * (until - from)));
    } catch (error) {
      if (attempt === attempts || !isTaken(error as Error)) throw error;
    }
  }
}
