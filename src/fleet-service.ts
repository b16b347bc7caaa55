/** The judge of a fleet behind a port: the same questions and answers as those of one twinspan, for machines. */
import { judgeRoutes } from './admin/routes.ts';
import { startAdminServer, type AdminServer } from './admin/server.ts';
import { TwinspanError } from './base/errors.ts';
import { createRateLimit, type Log } from './base/log.ts';
import { parseListenAddress } from './config/listen-address.ts';
import type { Config } from './config/schema.ts';
import type { FleetJudge } from './fleet-judge.ts';

/** Rollouts wait 10 s for an answer; one that is late says why. */
const answerWithinMs = 5000;
const logPeriodMs = 60_000;

export interface FleetServiceOptions {
  readonly config: Config;
  readonly judge: FleetJudge;
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  readonly log: Log;
  readonly answerWithinMs?: number;
}

/** @throws TwinspanError when the address is none, or cannot be bound */
export async function judgeFleet(options: FleetServiceOptions): Promise<AdminServer> {
  const { config, judge, listen, log } = options;
  const withinMs = options.answerWithinMs ?? answerWithinMs;
  const address = parseListenAddress(listen);
  if (address.kind === 'problem' || address.value.kind !== 'tcp') {
    throw new TwinspanError(
      'usage',
      `verdict serve: --listen is "${listen}"; it must be host:port`,
    );
  }
  const mayLog = createRateLimit(logPeriodMs, () => performance.now());
  const names = [config.live.name, config.shadow.name].filter((name) => name !== undefined);
  return startAdminServer({
    listen,
    key: '--listen',
    log,
    answer: judgeRoutes({
      ready: () => true,
      canaries: () => names,
      verdict: async (query) => {
        const { verdict, trouble } = await judge(query, withinMs);
        if (trouble !== undefined && mayLog(trouble.code)) {
          log.warn({ event: 'verdict_unknown', code: trouble.code }, trouble.message);
        }
        return verdict;
      },
    }),
  });
}
