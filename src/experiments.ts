/**
 * Which experiment an exchange belongs to: the one of the configuration under which it began and of the two versions
 * that answered. A side that gave no answer, or did not tell its version, is taken to be what it was the last time.
 */
import { toldVersion } from './base/service-version.ts';
import type { Exchange } from './exchange/exchange.ts';
import type { Generation } from './generation.ts';
import type { Experiment } from './report/tally.ts';
import type { ShadowResponse } from './shadow/shadow-response.ts';

/** What is known of an exchange that is over. */
export interface Ended {
  readonly exchange: Exchange;
  readonly shadow?: ShadowResponse;
}

export class Experiments {
  #live: string | undefined;
  #shadow: string | undefined;

  /** Undefined of canaries and of what went to the control: they answer for versions of their own. */
  of(generation: Generation, { exchange, shadow }: Ended): Experiment | undefined {
    if (exchange.mode === 'canary' || shadow?.duplicate.target === 'control') return undefined;
    const { live, shadow: service } = generation.config;
    this.#live = toldVersion(live, exchange.response?.headers) ?? this.#live;
    if (shadow?.kind === 'answered') {
      this.#shadow = toldVersion(service, shadow.headers) ?? this.#shadow;
    }
    return this.current(generation);
  }

  current(generation: Generation): Experiment {
    const { live, shadow } = generation.config;
    return generation.experiment(
      live.versionHeader === undefined ? live.version : (this.#live ?? live.version),
      shadow.versionHeader === undefined ? shadow.version : (this.#shadow ?? shadow.version),
    );
  }
}
