/**
 * The places that a duplicate can go to: the shadow and, for a sampled share, the control, which is a second instance
 * of the live version. Each has connections and a circuit breaker of its own, with the same limits, so that neither
 * hears of the other's failures. A control that is left alone costs no exchange: its share goes to the shadow.
 */
import type { ByteBudget } from './base/byte-budget.ts';
import type { Clock } from './base/clock.ts';
import type { Log } from './base/log.ts';
import type { Config } from './config/schema.ts';
import type { Duplicate } from './duplicate/duplicate.ts';
import { Breaker, type Permit } from './shadow/breaker.ts';
import { createShadowClient, type ShadowClient } from './shadow/client.ts';

type TargetName = Duplicate['target'];

/** What one target needs to be sent to. */
export interface Target {
  readonly breaker: Pick<
    Breaker,
    'permits' | 'acquire' | 'onSuccess' | 'onFailure' | 'onCancelled'
  >;
  readonly send: ShadowClient['send'];
}

export interface Targets {
  /** Whether one more of those that are meant for `target` can go anywhere. Changes nothing. */
  permits(target: TargetName): boolean;
  /**
   * Where one of those that are meant for `target` goes now, with its breaker acquired: one of the breaker's three
   * `on` calls follows, with `permit`. Undefined when it can go nowhere.
   */
  admit(target: TargetName): Admitted | undefined;
}

interface Admitted extends Target {
  readonly target: TargetName;
  readonly permit: Permit;
}

export function createTargets(shadow: Target, control?: Target): Targets {
  const acquire = (place: Target, target: TargetName): Admitted | undefined => {
    const permit = place.breaker.acquire();
    return permit === undefined
      ? undefined
      : { breaker: place.breaker, send: place.send, target, permit };
  };
  return {
    permits: (target) =>
      (target === 'control' && control?.breaker.permits() === true) || shadow.breaker.permits(),
    admit: (target) =>
      (target === 'control' && control !== undefined ? acquire(control, target) : undefined) ??
      acquire(shadow, 'shadow'),
  };
}

/** Both targets of a configuration, connected when something is first sent. */
export interface ConnectedTargets extends Targets {
  readonly shadow: ConnectedTarget;
  /** Absent without `control` in the configuration. */
  readonly control: ConnectedTarget | undefined;
  /** From sending a request to the end of its answer; holds for what is sent from now on. */
  setTimeoutMs(timeoutMs: number): void;
  /** Cancels what is under way and closes all connections. Idempotent. */
  close(): Promise<void>;
}

export interface ConnectedTarget extends Target {
  readonly breaker: Breaker;
  readonly client: ShadowClient;
}

/** @throws TwinspanError for TLS files that cannot be used */
export function connectTargets(options: {
  readonly config: Config;
  readonly budget: ByteBudget;
  /** Whether a request may be written now. */
  readonly mayStart: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}): ConnectedTargets {
  const { config } = options;
  const { url, egress, tls } = config.shadow;
  const shadow = connect('shadow', { url, egress, ...(tls && { tls }) }, options);
  // Reached as it is: the header of an egress and the certificates of `shadow.tls` are the shadow's.
  const control =
    config.control && connect('control', { url: config.control.url, egress: false }, options);
  return {
    ...createTargets(shadow, control),
    shadow,
    control,
    setTimeoutMs(timeoutMs) {
      shadow.client.timeoutMs = timeoutMs;
      if (control !== undefined) control.client.timeoutMs = timeoutMs;
    },
    async close() {
      await Promise.all([shadow.client.close(), control?.client.close()]);
    },
  };
}

function connect(
  target: TargetName,
  place: Pick<Parameters<typeof createShadowClient>[0], 'url' | 'egress' | 'tls'>,
  { config, budget, mayStart, clock, log }: Parameters<typeof connectTargets>[0],
): ConnectedTarget {
  const { host, connections, timeout, maxResponseBytes } = config.shadow;
  const { failures, window, open } = config.shadow.breaker;
  const client = createShadowClient({
    ...place,
    target,
    host,
    connections,
    timeoutMs: timeout,
    maxResponseBytes,
    maxBodyBytes: config.capture.maxBodyBytes,
    budget,
    mayStart,
    clock,
    log,
  });
  const breaker = new Breaker({
    failures,
    windowMs: window,
    openMs: open,
    clock,
    onChange: (state) =>
      log.warn(
        { event: 'breaker', target, state },
        `the circuit breaker of the ${target} is ${state}`,
      ),
  });
  return { client, breaker, send: (duplicate, signal) => client.send(duplicate, signal) };
}
