/**
 * A part of the topology that the demo may kill on purpose and start again. Its process is watched: an end that nobody
 * here caused is told, one that was caused is not.
 */

import type { ProcessEnd, RunningProcess } from './child-process.ts';

/** How to start a part and whom to tell. */
export type PartOptions<Ready> = {
  /** Starts the process; `previous` is what the first one said when it was ready, so that a later one can be alike. */
  readonly start: (previous: Ready | undefined) => Promise<RunningProcess<Ready>>;
  /** Called when a process ends that was neither killed nor stopped here. */
  readonly onUnexpectedEnd: (process: RunningProcess<Ready>, end: ProcessEnd) => void;
};

/** A part that has been started. */
export type Part<Ready> = {
  /** What its first process said when it was ready. */
  readonly ready: Ready;
  /** SIGKILL; resolves when the process is gone. Without a process nothing happens. */
  kill(): Promise<void>;
  /** Starts it again after its end; resolves with what it says when it is ready. Throws `ProcessFailure`. */
  restart(): Promise<Ready>;
  /** Stops the process, also one that is just being started; `undefined` when there is none. */
  stop(): Promise<{ readonly end: ProcessEnd; readonly logPath: string } | undefined>;
};

/** Starts the part; throws `ProcessFailure`. */
export async function startPart<Ready>(options: PartOptions<Ready>): Promise<Part<Ready>> {
  // Taken out before it is ended here: who is missing at its end was ended on purpose.
  let current: RunningProcess<Ready> | undefined;
  let starting: Promise<unknown> = Promise.resolve();
  const begin = async (previous: Ready | undefined) => {
    const process = await options.start(previous);
    current = process;
    void watch(process);
    return process.ready;
  };
  const watch = async (process: RunningProcess<Ready>) => {
    const end = await process.ended;
    if (current === process) options.onUnexpectedEnd(process, end);
  };
  const takeCurrent = () => {
    const process = current;
    current = undefined;
    return process;
  };
  const ready = await begin(undefined);
  return {
    ready,
    kill: async () => void (await takeCurrent()?.kill()),
    restart: async () => {
      const restarted = begin(ready);
      starting = restarted.catch(() => {});
      return restarted;
    },
    stop: async () => {
      await starting;
      const process = takeCurrent();
      return process && { end: await process.stop(), logPath: process.logPath };
    },
  };
}
