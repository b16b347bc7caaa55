/**
 * Webhooks of a Flagger Canary (`/flagger/HOOK`, POST): 200 lets it go on, 403 holds it and says why in one line, which
 * becomes a Kubernetes event. Flagger takes every status above 202 as a failure, 204 too, and throws away the text of a
 * 5xx after its retries, so neither is ever sent. The hook `rollback` is the other way round: there 200 means "roll
 * back", so it is said of a rejection alone.
 * Source: fluxcd/flagger `pkg/controller/webhook.go`, `scheduler_hooks.go`.
 */
import { jsonOf } from '../base/untrusted-json.ts';
import { notFound, pathOf, problem, queryOf, text } from './answers.ts';
import type { AdminRequest, AdminResponse } from './routes.ts';
import { verdictQuery, type VerdictAnswer, type VerdictQuery } from './verdict-query.ts';

export interface FlaggerView {
  readonly verdict: (query: VerdictQuery) => VerdictAnswer | Promise<VerdictAnswer>;
  /** Names that a Canary may have when the hook's URL does not say `?canary=NAME`. */
  readonly canaries: () => readonly string[];
}

/** Longest body that is read. */
const maxBodyBytes = 16 * 1024;
/** Longest line that is answered: it becomes the message of an event. */
const maxLineLength = 500;

type Hook = 'gate' | 'check' | 'rollback' | 'notification';

const hooks: Readonly<Record<string, Hook>> = {
  'confirm-rollout': 'gate',
  'confirm-promotion': 'gate',
  'confirm-traffic-increase': 'gate',
  'pre-rollout': 'check',
  rollout: 'check',
  rollback: 'rollback',
  event: 'notification',
  'post-rollout': 'notification',
};

const parameters = ['canary', 'experiment', 'route', 'shadow', 'scope', 'collecting'];

/** 200 or 403; 400, 404, 405 and 413 for what cannot be a hook of this Canary. Never rejects. */
export async function flaggerAnswer(
  view: FlaggerView,
  request: AdminRequest,
): Promise<AdminResponse> {
  const path = pathOf(request.target);
  const name = path.slice('/flagger/'.length);
  const hook = Object.hasOwn(hooks, name) ? hooks[name] : undefined;
  if (hook === undefined) return notFound(path);
  if (request.method !== 'POST') {
    return { ...problem(405, 'only POST is answered here'), headers: { allow: 'POST' } };
  }
  const query = queryOf(request.target, parameters);
  if (typeof query === 'string') return text(400, `${query}\n`);
  const body = request.readBody === undefined ? '' : await request.readBody(maxBodyBytes);
  if (body === undefined) return text(413, `a hook's body has at most ${maxBodyBytes} bytes\n`);
  const canary = canaryNameOf(body);
  if (canary === undefined) {
    return text(400, 'the body must be the JSON of a Flagger webhook, with the name of a Canary\n');
  }
  const stated = query.get('canary');
  const known = stated === null ? view.canaries() : [stated];
  if (!known.includes(canary)) {
    return text(
      404,
      'this is not the judge of that Canary: write its name into the URL of the hook, as ?canary=NAME\n',
    );
  }
  if (hook === 'notification') return text(200, 'noted\n');
  return permit(view, hook, query);
}

async function permit(
  view: FlaggerView,
  hook: Exclude<Hook, 'notification'>,
  query: URLSearchParams,
): Promise<AdminResponse> {
  let verdict: VerdictAnswer;
  try {
    verdict = await view.verdict(verdictQuery(query));
  } catch {
    // Nothing is known, so nothing goes on and nothing is rolled back.
    return text(403, 'there is no verdict: an internal error of twinspan\n');
  }
  const scope = query.get('scope');
  if (scope !== null && scope !== verdict.scope) {
    return text(
      403,
      `this is the verdict of a ${verdict.scope}, and the hook asks for that of a ${oneLine(scope)}\n`,
    );
  }
  const line = `${oneLine(`${verdict.state}: ${verdict.reason} ${verdict.next}`)}\n`;
  return text(isAnsweredYes(hook, verdict.state, query.get('collecting')) ? 200 : 403, line);
}

/** Collecting is no failure, but only `?collecting=pass` says that another hook holds the Canary meanwhile. */
function isAnsweredYes(
  hook: Exclude<Hook, 'notification'>,
  state: VerdictAnswer['state'],
  collecting: string | null,
): boolean {
  if (hook === 'rollback') return state === 'reject';
  if (hook === 'check' && state === 'collecting') return collecting === 'pass';
  return state === 'promote';
}

function canaryNameOf(body: string): string | undefined {
  const { name } = (jsonOf(body) ?? {}) as { name?: unknown };
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function oneLine(words: string): string {
  const line = words.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length <= maxLineLength ? line : `${line.slice(0, maxLineLength - 1)}…`;
}
