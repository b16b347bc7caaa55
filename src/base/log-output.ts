/**
 * Where log lines go: a file descriptor that may be full, may fail, and may have a reader that stands still. A line is
 * written before `write` returns where the system takes it at once, so that last words are not lost. Otherwise it waits,
 * in order and bounded, or is lost, counted, and told of in the log itself once that works again. Nothing here throws,
 * and nothing but `flush` waits.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';

import { systemCodeOf } from './errors.ts';

export interface LogOutputOptions {
  /** What may wait for a reader. */
  readonly maxWaitingBytes?: number;
  /** How long after a write that would have blocked the next one is tried. */
  readonly retryMs?: number;
  /** The line that stands where so many were lost; ends with a line feed. */
  readonly notice: (linesLost: number) => string;
}

/** A line, or what is left of it to write. */
interface Entry {
  rest: Buffer;
  begun: boolean;
  /** How many lost lines it tells of; 0 of a line of the log. */
  readonly tellsOf: number;
}

const lineFeed = Buffer.from('\n');

export class LogOutput {
  readonly #fd: number;
  readonly #maxWaitingBytes: number;
  readonly #retryMs: number;
  readonly #notice: LogOutputOptions['notice'];
  readonly #waiting: Entry[] = [];
  #waitingBytes = 0;
  #linesLost = 0;
  /** Those of which the log has not told. */
  #untold = 0;
  /** The beginning of a line stands in the log without its end. */
  #torn = false;
  #retry: NodeJS.Timeout | undefined;

  /** Writes to `fd` never block where it was opened with O_NONBLOCK. */
  constructor(
    fd: number,
    { maxWaitingBytes = 1024 * 1024, retryMs = 100, notice }: LogOutputOptions,
  ) {
    this.#fd = fd;
    this.#maxWaitingBytes = maxWaitingBytes;
    this.#retryMs = retryMs;
    this.#notice = notice;
  }

  /** Lines that nobody will read. */
  get linesLost(): number {
    return this.#linesLost;
  }

  /** Takes one line, which ends with a line feed. */
  write(line: string): void {
    const told = this.#untold;
    const entry = entryOf(line, 0);
    const notice = told === 0 ? undefined : entryOf(this.#notice(told), told);
    const bytes = entry.rest.length + (notice?.rest.length ?? 0);
    if (this.#waitingBytes + bytes > this.#maxWaitingBytes) {
      // The newest, so that what waits stays a whole and the gap has one place.
      this.#lose(entry);
      return;
    }
    if (notice !== undefined) {
      this.#untold = 0;
      this.#waiting.push(notice);
    }
    this.#waiting.push(entry);
    this.#waitingBytes += bytes;
    if (this.#retry === undefined) this.#drain();
  }

  /** Waits at most so long for what has not been written yet, and blocks everything else meanwhile: for the end of a process. */
  flush(maxMs: number): void {
    const until = performance.now() + maxMs;
    while (!this.#drain() && performance.now() < until) sleep(10);
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  /** Returns whether nothing waits any more. */
  #drain(): boolean {
    for (let entry = this.#waiting[0]; entry !== undefined; entry = this.#waiting[0]) {
      try {
        this.#put(entry);
      } catch (error) {
        if (systemCodeOf(error) === 'EAGAIN') {
          this.#tryLater();
          return false;
        }
        if (entry.begun) this.#torn = true;
        this.#waitingBytes -= entry.rest.length;
        this.#lose(entry);
      }
      this.#waiting.shift();
    }
    return true;
  }

  /** @throws Error of the system when not all of it could be written; what could is no longer in the entry */
  #put(entry: Entry): void {
    while (entry.rest.length > 0) {
      if (this.#torn) {
        writeSync(this.#fd, lineFeed);
        this.#torn = false;
      }
      const written = writeSync(this.#fd, entry.rest);
      entry.begun ||= written > 0;
      entry.rest = entry.rest.subarray(written);
      this.#waitingBytes -= written;
    }
  }

  #lose({ tellsOf }: Entry): void {
    if (tellsOf === 0) this.#linesLost += 1;
    this.#untold += tellsOf === 0 ? 1 : tellsOf;
  }

  #tryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#drain();
    }, this.#retryMs).unref();
  }
}

/**
 * A descriptor for the same place whose writes return at once when nobody reads: `fd` opened anew, so that nobody who
 * shares it is affected. Undefined where the system has none: of sockets, and beside Linux.
 */
export function openWithoutBlocking(fd: number): number | undefined {
  // Whoever shares a file shares its position; a file has no reader to wait for.
  if (fstatSync(fd).isFile()) return undefined;
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return undefined;
  }
}

function entryOf(line: string, tellsOf: number): Entry {
  return { rest: Buffer.from(line), begun: false, tellsOf };
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

function sleep(forMs: number): void {
  Atomics.wait(sleeper, 0, 0, forMs);
}
