/** `twinspan verdict serve`: the judge of a fleet, which answers rollouts with what all replicas have counted. */
import { judgeFleet } from '../fleet-service.ts';
import { createLog } from '../base/log.ts';
import { parseOptions, required } from './arguments.ts';
import { fleetJudge, readConfig } from './verdict-source.ts';

/** @throws TwinspanError when it cannot start */
export async function serveVerdict(args: string[]): Promise<number> {
  const command = 'verdict serve';
  const options = parseOptions(command, args, {
    prometheus: { type: 'string' },
    selector: { type: 'string' },
    'token-file': { type: 'string' },
    config: { type: 'string', short: 'c' },
    listen: { type: 'string' },
  });
  const prometheus = required(command, 'prometheus', options.prometheus);
  const config = readConfig(required(command, 'config', options.config));
  const listen = required(command, 'listen', options.listen);
  const log = createLog();
  // A signal that comes while it starts is not lost.
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
  const service = await judgeFleet({
    config,
    judge: fleetJudge(prometheus, config, options),
    listen,
    log,
  });
  log.info({ event: 'ready', listen: service.address }, 'ready');
  log.info({ event: 'stopping', signal: await stopped }, 'stopping');
  await service.close();
  return 0;
}
