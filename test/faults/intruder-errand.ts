/** The suite's end of an intruder: sends one out, and hears what it saw. */
import { fork } from 'node:child_process';
import { join } from 'node:path';

export interface Errand {
  /** The ext_proc port. */
  readonly address: string;
  readonly kind:
    | 'idle streams'
    | 'malformed gRPC'
    | 'messages that never end'
    | 'silent connections'
    | 'reset flood'
    | 'ping flood'
    | 'ping flood, answers unread'
    | 'settings flood'
    | 'settings flood, answers unread';
  readonly seconds: number;
  /** Streams or connections in all, or frames a second. */
  readonly count: number;
}

export interface Sighting {
  /** Streams, frames or connections. */
  readonly sent: number;
  /** Of messages that never end. */
  readonly sentMiB: number;
  /** Streams that twinspan ended with OK. */
  readonly ended: number;
  /** Streams, or silent connections, that were still open at the end. */
  readonly open: number;
  /** Those that were made; more than the first ones when twinspan cut some. */
  readonly connections: number;
  /** Of a flood whose answers are read: those that twinspan acknowledged. */
  readonly acknowledged: number;
  /** Of a flood: frames that were sent on each connection until twinspan cut it. */
  readonly cutAfter: readonly number[];
}

/** What an intruder says once its silent connections stand. */
export const inPlace = 'in place';

/** Resolves when the intruder has ended. */
export function sendIntruder(errand: Errand, onInPlace = (): void => {}): Promise<Sighting> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'intruder.ts'), [JSON.stringify(errand)]);
    let sighting: Sighting | undefined;
    child.on('message', (message: Sighting | typeof inPlace) => {
      if (message === inPlace) onInPlace();
      else sighting = message;
    });
    child.on('exit', (code) => {
      if (sighting === undefined)
        reject(new Error(`the intruder (${errand.kind}) ended with ${code}`));
      else resolve(sighting);
    });
  });
}
