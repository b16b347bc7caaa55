/**
 * The running program: opens the doors in front of the stations, swaps the configuration, and closes everything
 * in an order in which nothing that was accepted is lost without a name.
 */
import { readFileSync } from 'node:fs';

import { adminRoutes, opsRoutes, type View } from './admin/routes.ts';
import { splitAddress, startAdminServer, type AdminServer } from './admin/server.ts';
import { systemClock, type Clock } from './base/clock.ts';
import { TwinspanError } from './base/errors.ts';
import type { Log } from './base/log.ts';
import { reasonWithAdvice } from './base/system-advice.ts';
import { compareForReload } from './config/reload.ts';
import type { Config } from './config/schema.ts';
import { assertFits, describeMemory, worstCaseMemory } from './memory.ts';
import { PauseSwitch } from './pause-switch.ts';
import { buildStations, type Stations } from './stations.ts';
import { statusOf, type Status } from './status.ts';
import { proveServerLimits } from './stream/self-test.ts';
import { startStreamServer, type StreamServer } from './stream/server.ts';

export interface AppOptions {
  readonly config: Config;
  readonly configHash: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly clock?: Clock;
  /** Log lines that could not be written; default: none ever. */
  readonly logLinesLost?: () => number;
  /** Hears that the books do not agree, after it was logged. */
  readonly onInvariantViolated?: (message: string) => void;
  /** What the container allows; default: what Node reads from its control group. */
  readonly memoryLimitBytes?: number;
}

export type Reload =
  | { readonly kind: 'accepted'; readonly changed: readonly string[] }
  | { readonly kind: 'refused'; readonly needsRestart: readonly string[] };

export interface App {
  /** As bound: `host:port`, or `unix:` and a path. */
  readonly addresses: { readonly extProc: string; readonly admin: string; readonly ops: string };
  /** Takes a new configuration whole, or says which keys need a restart and stays with the old one. */
  reload(config: Config, configHash: string): Reload;
  /** What a file that has errors says of `paused`, undefined when that is unknown: it can stop, and nothing else. */
  reloadRefused(paused: boolean | undefined): void;
  pause(): void;
  /** Returns whether exchanges are followed again: not while the configuration says `paused: true`. */
  resume(): boolean;
  status(): Status;
  /** Drains and ends. A second call cuts the drain short. */
  stop(): Promise<void>;
}

/** Of this Node with this grpc-js, so once a process is enough. */
let proof: Promise<void> | undefined;

/**
 * Starts twinspan; once this resolves it is ready.
 * @throws TwinspanError when an address, a certificate or this machine does not allow it; nothing stays open
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, env, log } = options;
  const clock = options.clock ?? systemClock;
  const token = readSecret('admin.tokenFile', config.admin.tokenFile);
  const hashKey = readSecret('hashKeyFile', config.hashKeyFile);
  const memory = worstCaseMemory(config);
  assertFits(memory, options.memoryLimitBytes ?? process.constrainedMemory());
  log.info(
    { event: 'memory', worstCaseBytes: memory.totalBytes, parts: memory.parts },
    `at worst ${describeMemory(memory)}`,
  );
  proof ??= proveServerLimits();
  await proof;

  let stream: StreamServer | undefined;
  const stations = buildStations({
    config,
    env,
    log,
    clock,
    ...(hashKey !== undefined && { hashKey: Buffer.from(hashKey) }),
    streamResults: () => stream?.results ?? {},
    synchronousStreams: () => stream?.synchronousStreams ?? 0,
    logLinesLost: options.logLinesLost ?? (() => 0),
    onInvariantViolated: options.onInvariantViolated,
  });
  const running = new Running(stations, options, clock);

  const opened: { close(): Promise<unknown> }[] = [stations.targets];
  try {
    const admin = await startAdminServer({
      listen: config.admin.listen,
      key: 'admin.listen',
      answer: adminRoutes(running.view, {
        hosts: () => running.adminHosts(admin.port),
        ...(token !== undefined && { token }),
      }),
      log,
    });
    opened.push(admin);
    const ops = await startAdminServer({
      listen: config.ops.listen,
      key: 'ops.listen',
      answer: opsRoutes(running.view),
      log,
    });
    opened.push(ops);
    // Last: once this door is open, everything behind it is there.
    stream = await startStreamServer({
      listen: listenOf(config),
      maxMessageBytes: config.envoy.maxMessageBytes,
      budget: stations.budget,
      // Above the admission limit, so that what is too much is shed by name and not refused by HTTP/2.
      maxConcurrentStreams: Math.max(20_000, 2 * config.capture.maxExchanges),
      deadlines: () => {
        const { idle, maxDuration } = stations.generation().config.capture;
        return { idleMs: idle, maxDurationMs: maxDuration };
      },
      requireObservability: () => stations.generation().config.envoy.requireObservability,
      admit: stations.journey.admit,
      clock,
      log,
    });
    running.open({ stream, admin, ops });
  } catch (error) {
    for (const part of opened.toReversed()) await part.close();
    await stations.telemetry.shutdown(0);
    stations.stopWatching();
    throw error;
  }
  return running;
}

interface Doors {
  readonly stream: StreamServer;
  readonly admin: AdminServer;
  readonly ops: AdminServer;
}

class Running implements App {
  readonly #stations: Stations;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #startedAt: string;
  readonly #onInvariantViolated: AppOptions['onInvariantViolated'];
  readonly #switch: PauseSwitch;
  #configHash: string;
  #doors: Doors | undefined;
  #stopping: Promise<void> | undefined;
  #cutShort: (() => void) | undefined;

  readonly view: View = {
    ready: () => this.#doors !== undefined && this.#stopping === undefined,
    metrics: () => this.#stations.telemetry.renderMetrics(),
    status: () => this.status(),
    pairs: (query) => this.#stations.reports.recentPairs.list(query),
    noise: (query) => {
      const { routes } = this.#stations.generation().config;
      return this.#stations.reports.noise.report(routes, query);
    },
    agreement: ({ route }) => this.#stations.reports.agreement.describe(route),
    verdict: (question) => this.#stations.judge.verdict(question),
    canaries: () => {
      const { live, shadow } = this.#stations.generation().config;
      return [live.name, shadow.name].filter((name) => name !== undefined);
    },
    pause: () => this.pause(),
    resume: () => this.resume(),
  };

  constructor(stations: Stations, options: AppOptions, clock: Clock) {
    this.#stations = stations;
    this.#log = options.log;
    this.#clock = clock;
    this.#configHash = options.configHash;
    this.#onInvariantViolated = options.onInvariantViolated;
    this.#switch = new PauseSwitch(options.config.paused);
    this.#startedAt = new Date(clock.wallNow()).toISOString();
  }

  open(doors: Doors): void {
    this.#doors = doors;
    doors.stream.setServing(true);
  }

  get addresses(): App['addresses'] {
    const { stream, admin, ops } = this.#doors!;
    return { extProc: stream.address, admin: admin.address, ops: ops.address };
  }

  /** Values that the Host header may have on the admin port: what was bound, localhost, and what is configured. */
  adminHosts(port: number): ReadonlySet<string> {
    const { listen, hosts } = this.#stations.generation().config.admin;
    const { host } = splitAddress(listen);
    const name = host.includes(':') ? `[${host}]` : host;
    const configured = hosts.flatMap((value) => [value, `${value}:${port}`]);
    return new Set(
      [`${name}:${port}`, `localhost:${port}`, 'localhost', ...configured].map((value) =>
        value.toLowerCase(),
      ),
    );
  }

  reload(config: Config, configHash: string): Reload {
    const { changed, needsRestart } = compareForReload(this.#stations.generation().config, config);
    if (needsRestart.length > 0) {
      this.reloadRefused(config.paused);
      return { kind: 'refused', needsRestart };
    }
    this.#stations.swap(config);
    this.#switch.fileAccepted(config.paused);
    this.#stations.setPaused(this.#switch.on);
    this.#configHash = configHash;
    return { kind: 'accepted', changed };
  }

  reloadRefused(paused: boolean | undefined): void {
    this.#switch.fileRefused(paused);
    this.#stations.setPaused(this.#switch.on);
    if (paused !== true) return;
    this.#log.warn(
      { event: 'paused', by: 'file' },
      'the file says paused: true, which holds although the rest of it was refused',
    );
  }

  pause(): void {
    this.#switch.pause();
    this.#stations.setPaused(true);
    this.#log.warn(
      { event: 'paused', by: 'operator' },
      'nothing is sent to the shadow until resume',
    );
  }

  resume(): boolean {
    this.#switch.resume();
    this.#stations.setPaused(this.#switch.on);
    if (this.#stations.paused()) {
      this.#log.warn({ event: 'resume_refused' }, 'the configuration says paused: true');
      return false;
    }
    this.#log.warn({ event: 'resumed' }, 'exchanges are followed again');
    return true;
  }

  status(): Status {
    return statusOf(this.#stations, { startedAt: this.#startedAt, configHash: this.#configHash });
  }

  stop(): Promise<void> {
    if (this.#stopping === undefined) this.#stopping = this.#drain();
    else this.#cutShort?.();
    return this.#stopping;
  }

  async #drain(): Promise<void> {
    const { queue, journey, targets, offload, telemetry, ledger } = this.#stations;
    const { stream, admin, ops } = this.#doors!;
    const { delay, deadline, flush } = this.#stations.generation().config.shutdown;
    const hurry = new Promise<void>((resolve) => {
      this.#cutShort = resolve;
    });
    // 1 · Envoy and Kubernetes are told; following goes on until they have looked away.
    stream.setServing(false);
    await Promise.race([this.#wait(delay), hurry]);
    // 2 · GOAWAY: exchanges that are open go on, new ones go to another process.
    stream.beginDrain();
    // 3 · what was accepted ends by itself.
    await Promise.race([this.#untilIdle(deadline), hurry]);
    // 4 · the rest ends by name.
    stream.endAll();
    for (const duplicate of queue.close()) journey.abandon(duplicate, 'shutdown');
    journey.giveUpComparisons();
    // Deliveries were asked to give up; their answers are cancelled within a turn or two of the event loop.
    await this.#untilIdle(200);
    await stream.close();
    await targets.close();
    await offload.close();
    // 5 · what is finished leaves, within its time.
    await telemetry.shutdown(flush);
    const { balance, exchanges } = this.status();
    this.#log.info({ event: 'stopped', exchanges, balance }, 'stopped');
    if (ledger.inFlight > 0) {
      this.#log.error(
        { event: 'invariant_violated', inFlight: ledger.inFlight },
        'exchanges were left open',
      );
      this.#onInvariantViolated?.(`${ledger.inFlight} exchanges were left open`);
    }
    await admin.close();
    await ops.close();
    this.#stations.stopWatching();
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (delayMs === 0) resolve();
      else this.#clock.setTimer(delayMs, resolve);
    });
  }

  async #untilIdle(timeoutMs: number): Promise<void> {
    const until = this.#clock.now() + timeoutMs;
    while (this.#stations.ledger.inFlight > 0 && this.#clock.now() < until) await this.#wait(10);
  }
}

function listenOf({ listen }: Config): Parameters<typeof startStreamServer>[0]['listen'] {
  const { address, tls } = listen;
  if (tls === undefined) return address;
  const { allowedSans, ...files } = tls;
  // Without names in the file every name is allowed; to the server an empty list allows none.
  return { address, tls: allowedSans.length === 0 ? files : tls };
}

/** @throws TwinspanError when the file cannot be read or is empty */
function readSecret(key: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new TwinspanError(
      'unreadable_file',
      `${key}: cannot read ${file}: ${reasonWithAdvice(error)}`,
      {
        cause: error,
      },
    );
  }
  if (secret === '')
    throw new TwinspanError(
      'configuration',
      `${key}: ${file} is empty: put the secret into it, one line`,
    );
  return secret;
}
