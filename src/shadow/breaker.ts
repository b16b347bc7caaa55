/**
 * Leaves a shadow alone that does not answer. A failure is a request without an answer (the five `shadow_*`
 * kinds); an answer is a success whatever its status, because a 500 is to be compared. State is kept in one
 * place and changes only in the arms below. A result speaks of the state in which its request was let through: it
 * comes with that permit, and is nothing to any later state.
 */
import type { Clock } from '../base/clock.ts';

export interface BreakerOptions {
  /** Opens at this many failures within `windowMs`. */
  readonly failures: number;
  readonly windowMs: number;
  /** How long it stays open before one probe is let through. */
  readonly openMs: number;
  readonly clock: Clock;
  /** Hears of each change of state, for the log. */
  readonly onChange?: (state: BreakerState) => void;
}

export type BreakerState = 'closed' | 'half_open' | 'open';

/** Says which state let a request through; its result brings it back. */
export type Permit = number;

type State =
  /** `failedAt`: instants of the failures that are still in the window, oldest first, fewer than `failures`. */
  | { readonly kind: 'closed'; readonly failedAt: number[] }
  | { readonly kind: 'open'; readonly until: number }
  | { readonly kind: 'half_open'; readonly probing: boolean };

export class Breaker {
  readonly #options: BreakerOptions;
  #state: State = { kind: 'closed', failedAt: [] };
  /** Another one after each change of state, and for each probe. */
  #permit: Permit = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#state.kind;
  }

  /** Whether `acquire` would let a request through now. Changes nothing. */
  permits(): boolean {
    const state = this.#state;
    switch (state.kind) {
      case 'closed':
        return true;
      case 'open':
        return this.#options.clock.now() >= state.until;
      case 'half_open':
        return !state.probing;
    }
  }

  /** Lets one request through or not; each permit is followed by exactly one of the three `on` calls. */
  acquire(): Permit | undefined {
    if (!this.permits()) return undefined;
    // closed    => closed
    // open      => half_open, this request is the probe   (when `openMs` have passed)
    // half_open => half_open, this request is the probe   (when the last one was given back)
    if (this.#state.kind !== 'closed') this.#become({ kind: 'half_open', probing: true });
    return this.#permit;
  }

  /** The request was answered. */
  onSuccess(permit: Permit): void {
    if (permit !== this.#permit) return;
    // closed    => closed      (failures age out by time alone)
    // half_open => closed
    if (this.#state.kind === 'half_open') this.#become({ kind: 'closed', failedAt: [] });
  }

  /** The request ended without an answer. */
  onFailure(permit: Permit): void {
    if (permit !== this.#permit) return;
    const now = this.#options.clock.now();
    const state = this.#state;
    switch (state.kind) {
      // closed => closed | open   (open at `failures` within `windowMs`)
      case 'closed': {
        const failedAt = state.failedAt.filter((instant) => now - instant < this.#options.windowMs);
        failedAt.push(now);
        if (failedAt.length < this.#options.failures) this.#state = { kind: 'closed', failedAt };
        else this.#open(now);
        return;
      }
      // open lets nothing through, so that no permit is its own
      case 'open':
        return;
      // half_open => open
      case 'half_open':
        this.#open(now);
    }
  }

  /** The request was given up by twinspan itself, which says nothing about the shadow. */
  onCancelled(permit: Permit): void {
    if (permit !== this.#permit) return;
    // closed    => closed
    // half_open => half_open, the next request is the probe
    if (this.#state.kind === 'half_open') this.#become({ kind: 'half_open', probing: false });
  }

  #open(now: number): void {
    this.#become({ kind: 'open', until: now + this.#options.openMs });
  }

  #become(state: State): void {
    const changed = state.kind !== this.#state.kind;
    this.#state = state;
    this.#permit += 1;
    if (changed) this.#options.onChange?.(state.kind);
  }
}
