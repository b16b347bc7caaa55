import assert from 'node:assert/strict';
import { test } from 'node:test';

import { flaggerAnswer } from '../../../src/admin/flagger.ts';
import type { AdminResponse } from '../../../src/admin/routes.ts';
import type { VerdictAnswer } from '../../../src/admin/verdict-query.ts';
import { adminRequest, adminView, type AdminView } from './admin-view.ts';

type State = VerdictAnswer['state'];

const states: readonly State[] = ['collecting', 'promote', 'hold', 'reject'];

function viewOf(state: State, over: Partial<VerdictAnswer> = {}): AdminView {
  const verdict = { state, scope: 'fleet', reason: 'Because.', next: 'Do it.', ...over } as const;
  return adminView({ verdict: () => verdict, canaries: () => ['model-v2'] });
}

/** The body that Flagger sends. */
function payload(name: unknown = 'model-v2'): string {
  return JSON.stringify({
    name,
    namespace: 'shop',
    phase: 'Progressing',
    checksum: '85d557f47b',
    metadata: { team: 'ml' },
  });
}

function call(
  view: AdminView,
  hook: string,
  { body = payload(), method = 'POST' }: { body?: string | undefined; method?: string } = {},
): Promise<AdminResponse> {
  return flaggerAnswer(
    view,
    adminRequest({
      target: `/flagger/${hook}`,
      method,
      readBody: async (maxBytes) => (Buffer.byteLength(body) > maxBytes ? undefined : body),
    }),
  );
}

/**
 * Flagger's own rule: no error means the hook succeeded. 429 and 5xx are given up on before their text is read, and
 * everything else above 202 is a failure with the text, 204 too (`pkg/controller/webhook.go`, go-retryablehttp).
 */
function asFlaggerReads({
  status,
  body,
}: Pick<AdminResponse, 'status' | 'body'>): string | undefined {
  if (status === 429 || status >= 500) return 'giving up after 1 attempt(s)';
  return status > 202 ? body : undefined;
}

const answers: Readonly<Record<string, Readonly<Record<State, 200 | 403>>>> = {
  'confirm-rollout': { collecting: 403, promote: 200, hold: 403, reject: 403 },
  'confirm-promotion': { collecting: 403, promote: 200, hold: 403, reject: 403 },
  'confirm-traffic-increase': { collecting: 403, promote: 200, hold: 403, reject: 403 },
  rollout: { collecting: 403, promote: 200, hold: 403, reject: 403 },
  'pre-rollout': { collecting: 403, promote: 200, hold: 403, reject: 403 },
  'rollout?collecting=pass': { collecting: 200, promote: 200, hold: 403, reject: 403 },
  'pre-rollout?collecting=pass': { collecting: 200, promote: 200, hold: 403, reject: 403 },
  // Nobody may open a gate by a word in its URL.
  'confirm-rollout?collecting=pass': { collecting: 403, promote: 200, hold: 403, reject: 403 },
  'rollback?collecting=pass': { collecting: 403, promote: 403, hold: 403, reject: 200 },
  rollback: { collecting: 403, promote: 403, hold: 403, reject: 200 },
  event: { collecting: 200, promote: 200, hold: 200, reject: 200 },
  'post-rollout': { collecting: 200, promote: 200, hold: 200, reject: 200 },
};

for (const [hook, expected] of Object.entries(answers)) {
  test(`${hook} answers ${JSON.stringify(expected)}`, async () => {
    for (const state of states) {
      const response = await call(viewOf(state), hook);
      assert.equal(response.status, expected[state], state);
      assert.equal(asFlaggerReads(response) === undefined, expected[state] === 200, state);
      assert.match(response.body, /^[^\n]+\n$/, 'one line, which becomes an event');
    }
  });
}

test('a hook that holds says why in one line that Flagger keeps', async () => {
  const view = viewOf('hold', {
    reason: 'Line one.\nLine\ttwo.\u001b[31m',
    next: 'x'.repeat(9999),
  });
  const response = await call(view, 'confirm-promotion');
  const kept = asFlaggerReads(response);
  assert.match(kept ?? '', /^hold: Line one\. Line two\. \[31m x+…\n$/);
  assert.ok(kept!.length <= 501);
});

test('what 204 and 5xx would do: a failure without a reason', () => {
  assert.equal(asFlaggerReads({ status: 204, body: '' }), '');
  assert.doesNotMatch(asFlaggerReads({ status: 500, body: 'why' }) ?? '', /why/);
});

test('a hook of another Canary is not there, whatever the verdict', async () => {
  for (const hook of ['confirm-promotion', 'rollback', 'event']) {
    for (const state of states) {
      const response = await call(viewOf(state), hook, { body: payload('another') });
      assert.equal(response.status, 404);
      assert.match(response.body, /\?canary=NAME/);
    }
  }
});

test('a Canary is known by the name in the URL of the hook, else by those of the deployments', async () => {
  const view = viewOf('promote');
  assert.equal(
    (await call(view, 'rollout?canary=podinfo', { body: payload('podinfo') })).status,
    200,
  );
  assert.equal((await call(view, 'rollout?canary=podinfo')).status, 404);
  assert.equal((await call(view, 'rollout')).status, 200);
});

test('a hook asks for what its URL says', async () => {
  const view = adminView();
  await call(view, 'rollback?canary=model-v2&experiment=e&route=r&shadow=3');
  assert.deepEqual(view.queries, [{ experiment: 'e', route: 'r', shadow: '3' }]);
});

test('a hook that asks for the fleet is held by the verdict of one replica, and rolls nothing back by it', async () => {
  for (const hook of ['confirm-promotion', 'rollback', 'rollout']) {
    for (const state of states) {
      const response = await call(viewOf(state, { scope: 'replica' }), `${hook}?scope=fleet`);
      assert.equal(response.status, 403);
      assert.match(response.body, /verdict of a replica.* of a fleet/);
    }
  }
  assert.equal((await call(viewOf('promote'), 'confirm-promotion?scope=fleet')).status, 200);
});

test('a hook is sent by POST, to a path that there is', async () => {
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
    const response = await call(viewOf('reject'), 'rollback', { method });
    assert.equal(response.status, 405);
    assert.equal(response.headers?.['allow'], 'POST');
  }
  for (const hook of [
    '',
    'confirm',
    'rollback/',
    'Rollback',
    'constructor',
    '__proto__',
    'gate/approve',
  ]) {
    assert.equal((await call(viewOf('reject'), hook)).status, 404, hook);
  }
});

test('a body that is none of Flagger is refused, and rolls nothing back', async () => {
  const bodies = [
    '',
    'name=model-v2',
    '{',
    'null',
    '[]',
    '"model-v2"',
    '{}',
    payload(''),
    payload(7),
    payload(null),
  ];
  for (const body of bodies) {
    for (const hook of ['rollback', 'confirm-promotion']) {
      const response = await call(viewOf('reject'), hook, { body });
      assert.equal(response.status, 400, body);
    }
  }
  const large = JSON.stringify({ name: 'model-v2', metadata: { text: 'x'.repeat(16 * 1024) } });
  assert.equal((await call(viewOf('reject'), 'rollback', { body: large })).status, 413);
  const missing = adminRequest({ target: '/flagger/rollback', method: 'POST' });
  assert.equal((await flaggerAnswer(viewOf('reject'), missing)).status, 400);
});

test('a typo in the URL of a hook is told', async () => {
  const response = await call(viewOf('reject'), 'rollback?cannary=model-v2');
  assert.equal(response.status, 400);
  assert.match(response.body, /unknown parameter "cannary"/);
});

test('where there is no verdict nothing goes on, and nothing is rolled back', async () => {
  const view = adminView({
    verdict: () => {
      throw new Error('secret');
    },
  });
  for (const hook of ['confirm-rollout', 'rollout', 'rollback']) {
    const response = await call(view, hook);
    assert.equal(response.status, 403);
    assert.doesNotMatch(response.body, /secret/);
  }
});
