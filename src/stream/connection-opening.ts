/**
 * Ends connections that are accepted and never become HTTP/2, its TLS handshake included: silent ones would otherwise
 * take all the places there are. A session does not tell which socket was injected for it, so the connection is
 * carried along as the asynchronous context of everything that happens on it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'node:net';

import type { Clock } from '../base/clock.ts';

/** How long a connection may take until the settings of its client are there, which begin HTTP/2. */
const openingMs = 5000;

export class ConnectionOpening {
  readonly #clock: Clock;
  readonly #current = new AsyncLocalStorage<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on `socket` has its time to open; `inject` makes a session of it, now or later. */
  begin(socket: Socket, inject: () => void): void {
    let isOpen = false;
    const timer = this.#clock.setTimer(openingMs, () => {
      // After a stall timers come before what was received, which may be what is missing.
      setImmediate(() => {
        if (!isOpen) socket.destroy();
      });
    });
    socket.once('close', () => timer.clear());
    const onOpen = (): void => {
      isOpen = true;
      timer.clear();
    };
    this.#current.run(onOpen, inject);
  }

  /** What the session that is being made calls once its client's settings are there. */
  get onOpen(): () => void {
    return this.#current.getStore()!;
  }
}
