/** The suite's end of an intruder: sends one out, and hears what it saw. */
import { fork } from 'node:child_process';
import { join } from 'node:path';

export interface Errand {
  /** The ext_proc port. */
  readonly address: string;
  readonly kind:
    | 'idle streams'
    | 'malformed gRPC'
    | 'reset flood'
    | 'ping flood'
    | 'ping flood, answers unread'
    | 'settings flood'
    | 'settings flood, answers unread';
  readonly seconds: number;
  /** Streams in all, or frames a second. */
  readonly count: number;
}

export interface Sighting {
  /** Streams or frames. */
  readonly sent: number;
  /** Streams that twinspan ended with OK. */
  readonly ended: number;
  /** Streams that were still open at the end. */
  readonly open: number;
  /** Those that were made; more than the first ones when twinspan cut some. */
  readonly connections: number;
  /** Of a flood: frames that were sent on each connection until twinspan cut it. */
  readonly cutAfter: readonly number[];
}

/** Resolves when the intruder has ended. */
export function sendIntruder(errand: Errand): Promise<Sighting> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'intruder.ts'), [JSON.stringify(errand)]);
    let sighting: Sighting | undefined;
    child.on('message', (message: Sighting) => (sighting = message));
    child.on('exit', (code) => {
      if (sighting === undefined)
        reject(new Error(`the intruder (${errand.kind}) ended with ${code}`));
      else resolve(sighting);
    });
  });
}
