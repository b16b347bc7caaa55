/**
 * `twinspan verdict`: asks one twinspan, the judge of a fleet, or Prometheus whether the shadow may take real traffic,
 * and ends with a code that a script can act on.
 * Exit: 0 promote, 10 reject, 11 hold, 12 collecting or `--wait` ran out, 2 usage or configuration, 1 no verdict to be
 * had. `--recheck FILE`: 0 every gate follows from its counts, 3 one does not, 2 unreadable.
 */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

import { messageOf, TwinspanError } from '../base/errors.ts';
import { reasonWithAdvice } from '../base/system-advice.ts';
import { parseDuration } from '../config/units.ts';
import type { FleetQuery } from '../fleet-judge.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { parseOptions } from './arguments.ts';
import { verdictMarkdown } from './verdict-markdown.ts';
import { readVerdict, recheckVerdict } from './verdict-reading.ts';
import { askPrometheus, askForVerdict, readConfig, type AskVerdict } from './verdict-source.ts';
import { verdictText } from './verdict-text.ts';

/** For days of samples, where nobody said how long to wait. */
const patienceMs = 5 * 60_000;
/** Time for an answer also when the wait is nearly over. */
const leastAskMs = 1000;

const exitCodes = { promote: 0, reject: 10, hold: 11, collecting: 12 } as const;
const formats = {
  text: (verdict: Verdict) => verdictText(verdict, { isTerminal: process.stdout.isTTY }),
  markdown: verdictMarkdown,
  json: (verdict: Verdict) => `${JSON.stringify(verdict, undefined, 2)}\n`,
} as const;

/** @throws TwinspanError `usage`, `configuration`, or `unreachable` when there is no verdict to be had */
export async function verdict(args: string[]): Promise<number> {
  if (args[0] === 'serve') {
    const { serveVerdict } = await import('./verdict-serve.ts');
    return serveVerdict(args.slice(1));
  }
  const options = parseOptions('verdict', args, {
    url: { type: 'string' },
    'token-file': { type: 'string' },
    prometheus: { type: 'string' },
    selector: { type: 'string' },
    config: { type: 'string', short: 'c' },
    experiment: { type: 'string' },
    route: { type: 'string' },
    shadow: { type: 'string' },
    scope: { type: 'string' },
    wait: { type: 'string' },
    interval: { type: 'string' },
    format: { type: 'string' },
    recheck: { type: 'string' },
  });
  if (options.recheck !== undefined) return recheck(options.recheck);
  const format = options.format ?? 'text';
  if (!Object.hasOwn(formats, format)) {
    throw usage(`--format is "${format}"; it is ${Object.keys(formats).join(', ')}`);
  }
  const waitMs = durationOf('wait', options.wait) ?? 0;
  const intervalMs = Math.max(10, durationOf('interval', options.interval) ?? 15_000);
  const { scope } = options;
  if (scope !== undefined && scope !== 'replica' && scope !== 'fleet') {
    throw usage(`--scope is "${scope}"; it is replica or fleet`);
  }
  const ask = ofScope(scope, sourceOf(options));
  const { verdict: last, ranOut } = await wait(ask, waitMs, intervalMs);
  process.stdout.write(formats[format as keyof typeof formats](last));
  return ranOut ? exitCodes.collecting : exitCodes[last.state];
}

type Source = 'url' | 'prometheus' | 'config' | 'selector' | 'token-file';

function sourceOf(
  options: Readonly<
    Partial<Record<Source | 'experiment' | 'route' | 'shadow', string | undefined>>
  >,
): AskVerdict {
  const { url, prometheus, config, experiment, route, shadow } = options;
  const query: FleetQuery = {
    ...(experiment !== undefined && { experiment }),
    ...(route !== undefined && { route }),
    ...(shadow !== undefined && { shadow }),
  };
  if (url !== undefined && prometheus !== undefined) {
    throw usage('give --url or --prometheus, not both');
  }
  if (prometheus !== undefined) {
    if (config === undefined) {
      throw usage('--prometheus needs --config, which says what the gates are');
    }
    return askPrometheus(prometheus, readConfig(config), query, options);
  }
  if (url === undefined) {
    throw usage(
      'say whom to ask: --url ADDRESS of twinspan or of its judge, or --prometheus URL --config FILE',
    );
  }
  return askForVerdict(url, query, options);
}

/** The verdict of one replica is no answer for who needs that of all. */
function ofScope(scope: Verdict['scope'] | undefined, ask: AskVerdict): AskVerdict {
  return async (withinMs) => {
    const answer = await ask(withinMs);
    if (scope === undefined || scope === answer.scope) return answer;
    throw usage(
      `this is the verdict of a ${answer.scope}, and --scope asks for that of a ${scope}: ask the judge of the fleet (twinspan verdict serve)`,
    );
  };
}

/** Asks until somebody can act on the answer. Without time it asks once. */
async function wait(
  ask: AskVerdict,
  waitMs: number,
  intervalMs: number,
): Promise<{ verdict: Verdict; ranOut: boolean }> {
  const until = performance.now() + waitMs;
  for (;;) {
    let answer: Verdict | undefined;
    let trouble: unknown;
    try {
      answer = await ask(
        waitMs === 0 ? patienceMs : Math.max(leastAskMs, until - performance.now()),
      );
    } catch (error) {
      if (!(error instanceof TwinspanError) || error.exitCode === 2) throw error;
      trouble = error;
    }
    if (answer !== undefined && (waitMs === 0 || isFinal(answer))) {
      return { verdict: answer, ranOut: false };
    }
    const left = until - performance.now();
    if (left <= 0) {
      if (answer !== undefined) return { verdict: answer, ranOut: true };
      throw trouble;
    }
    process.stderr.write(`${answer?.reason ?? messageOf(trouble)}\n`);
    await setTimeout(Math.min(intervalMs, left));
  }
}

/** More pairs may still end the other holds. */
function isFinal({ state, hold }: Verdict): boolean {
  if (state === 'hold') return hold?.reason === 'horizon' || hold?.reason === 'superseded';
  return state !== 'collecting';
}

function recheck(path: string): number {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw usage(`--recheck: cannot read ${path}: ${reasonWithAdvice(cause)}`);
  }
  const saved = readVerdict(text);
  if (saved === undefined)
    throw usage(`--recheck: ${path} is no whole verdict (twinspan.verdict/1)`);
  const disagreements = recheckVerdict(saved);
  for (const { place, message } of disagreements) process.stdout.write(`${place}: ${message}\n`);
  if (disagreements.length > 0) return 3;
  process.stdout.write(`${path}: all ${saved.gates.length} gates follow from their counts\n`);
  return 0;
}

function durationOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const reading = parseDuration(text);
  if (reading.kind === 'value') return reading.value;
  throw usage(`--${name} is "${text}"; it ${reading.message}`);
}

function usage(message: string): TwinspanError {
  return new TwinspanError('usage', `verdict: ${message}`);
}
