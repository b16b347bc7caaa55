/** `twinspan serve`: runs the sidecar until it is told to stop. */
import { startApp, type App } from '../app.ts';
import { describeFault } from '../base/fault.ts';
import { createLog, standardOutput, type Log } from '../base/log.ts';
import { formatErrors, loadConfig } from '../config/load.ts';
import { watchConfig } from '../config/watch.ts';
import { parseOptions, required } from './arguments.ts';

/** @throws TwinspanError when it cannot start */
export async function serve(args: string[]): Promise<number> {
  const options = parseOptions('serve', args, { config: { type: 'string', short: 'c' } });
  const path = required('serve', 'config', options.config);
  const loaded = loadConfig({ path, env: process.env });
  if (loaded.kind === 'invalid') {
    process.stderr.write(formatErrors(loaded.errors));
    return 2;
  }
  const output = standardOutput();
  const log = createLog({ destination: output });
  surviveNothingUnknown(log);
  refuseDebugger(log);
  // A signal that comes while twinspan starts is not lost, and does not end it without a word.
  const early: NodeJS.Signals[] = [];
  let onSignal = (signal: NodeJS.Signals): void => void early.push(signal);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const) {
    process.on(signal, () => onSignal(signal));
  }
  for (const warning of loaded.warnings) log.warn({ event: 'configuration', warning }, warning);

  const app = await startApp({
    config: loaded.config,
    configHash: loaded.hash,
    env: process.env,
    log,
    logLinesLost: () => output.linesLost,
    // Books that do not agree are an unknown state like any other error that nobody expected.
    onInvariantViolated: (message) => {
      log.fatal({ event: 'crashed', kind: 'invariant', error: message }, 'the books do not agree');
      process.exit(1);
    },
  });
  log.info({ event: 'ready', ...app.addresses, configHash: loaded.hash }, 'ready');

  const watching = new AbortController();
  watchConfig(
    path,
    (content) => reloadFrom({ path, env: process.env, readFile: () => content }, app, log),
    {
      signal: watching.signal,
      digest: loaded.fileDigest,
    },
  );

  return new Promise<number>((resolve) => {
    onSignal = (signal) => {
      if (signal === 'SIGHUP') {
        reloadFrom({ path, env: process.env }, app, log);
      } else if (signal === 'SIGUSR2') {
        // The way to stop duplicates at once when the admin port cannot be reached.
        app.pause();
      } else {
        log.info({ event: 'stopping', signal }, 'stopping');
        watching.abort();
        app.stop().then(
          () => resolve(0),
          (error: unknown) => {
            log.error({ event: 'stop_failed', ...describeFault(error) }, 'stopping failed');
            resolve(1);
          },
        );
      }
    };
    for (const signal of early) onSignal(signal);
  });
}

/** Validates, then swaps; the old configuration stays on any error. */
function reloadFrom(source: Parameters<typeof loadConfig>[0], app: App, log: Log): void {
  const loaded = loadConfig(source);
  if (loaded.kind === 'invalid') {
    app.reloadRefused(loaded.paused);
    log.error(
      { event: 'reload_refused', errors: loaded.errors },
      'the new configuration has errors, the old one stays',
    );
    return;
  }
  const result = app.reload(loaded.config, loaded.hash);
  if (result.kind === 'refused') {
    log.error(
      { event: 'reload_refused', needsRestart: result.needsRestart },
      'the new configuration changes what needs a restart, the old one stays',
    );
  } else if (result.changed.length > 0) {
    log.info(
      { event: 'reloaded', changed: result.changed, configHash: loaded.hash },
      'the configuration was reloaded',
    );
  }
}

/** An error that nobody expected leaves a state that nobody knows: the supervisor starts a new process. */
function surviveNothingUnknown(log: Log): void {
  const end = (kind: string) => (error: unknown) => {
    try {
      log.fatal(
        { event: 'crashed', kind, ...describeFault(error) },
        'an internal error ends this process',
      );
    } finally {
      process.exit(1);
    }
  };
  process.on('uncaughtException', end('uncaughtException'));
  process.on('unhandledRejection', end('unhandledRejection'));
}

/** Node would open its debugger, which whoever reaches this machine's loopback could use to read every customer's data. */
function refuseDebugger(log: Log): void {
  process.on('SIGUSR1', () => {
    log.warn({ event: 'signal_ignored', signal: 'SIGUSR1' }, 'no debugger is opened');
  });
}
