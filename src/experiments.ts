/**
 * Which experiment an exchange belongs to: the one of the configuration under which it began and of the two versions
 * that answered. A side that gave no answer, or did not tell its version, is taken to be what it was the last time; while
 * several versions of the shadow answer side by side, nobody can tell whose it is.
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

/** A version that has not answered for so long is gone. */
const besideMs = 5 * 60_000;
const maxVersions = 16;

export class Experiments {
  #live: string | undefined;
  #shadow: string | undefined;
  /** By version of the shadow, the start of the newest exchange that it answered; the newest one last. */
  readonly #answeredAt = new Map<string, number>();

  /**
   * The experiment that an exchange counts in. Several, the likeliest first, when the shadow told no version and more than
   * one of them answers. None of canaries and of what went to the control: they answer for versions of their own.
   */
  of(generation: Generation, { exchange, shadow }: Ended): readonly Experiment[] {
    if (exchange.mode === 'canary' || shadow?.duplicate.target === 'control') return [];
    const { live, shadow: service } = generation.config;
    this.#live = toldVersion(live, exchange.response?.headers) ?? this.#live;
    const told = shadow?.kind === 'answered' ? toldVersion(service, shadow.headers) : undefined;
    const current = this.current(generation);
    if (told === undefined) return [current, ...this.#beside(generation, current, exchange)];
    this.#shadow = told;
    this.#note(told, exchange.startedAt);
    return [this.current(generation)];
  }

  #note(version: string, at: number): void {
    this.#answeredAt.delete(version);
    this.#answeredAt.set(version, at);
    if (this.#answeredAt.size <= maxVersions) return;
    const [oldest] = this.#answeredAt.keys();
    this.#answeredAt.delete(oldest!);
  }

  /** Experiments of the other versions of the shadow that answer now. */
  #beside(generation: Generation, current: Experiment, { startedAt }: Exchange): Experiment[] {
    if (generation.config.shadow.versionHeader === undefined) return [];
    return [...this.#answeredAt].flatMap(([version, at]) => {
      if (version === current.shadow.version || at < startedAt - besideMs) return [];
      return [generation.experiment(current.live.version, version)];
    });
  }

  current(generation: Generation): Experiment {
    const { live, shadow } = generation.config;
    return generation.experiment(
      live.versionHeader === undefined ? live.version : (this.#live ?? live.version),
      shadow.versionHeader === undefined ? shadow.version : (this.#shadow ?? shadow.version),
    );
  }
}
