/** A view for the admin routes to look at, which remembers what it was told. */
import type { AdminRequest, View } from '../../../src/admin/routes.ts';

export interface AdminView extends View {
  readonly changes: string[];
  readonly queries: unknown[];
}

export function adminView(over: Partial<View> = {}): AdminView {
  const changes: string[] = [];
  const queries: unknown[] = [];
  return {
    changes,
    queries,
    ready: () => true,
    metrics: async () => ({
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      text: 'twinspan_exchanges_seen_total 7\n',
    }),
    status: () => ({ version: '0.0.0' }),
    pairs: (query) => {
      queries.push(query);
      return [{ id: 'p-1' }];
    },
    noise: (query) => {
      queries.push(query);
      return { schema: 'twinspan.noise/1', routes: [] };
    },
    agreement: (query) => {
      queries.push(query);
      return [];
    },
    verdict: (query) => {
      queries.push(query);
      return { state: 'collecting', scope: 'replica', reason: 'No pair yet.', next: 'Wait.' };
    },
    canaries: () => ['model-v2'],
    pause: () => changes.push('pause'),
    resume: () => changes.push('resume') > 0,
    ...over,
  };
}

export function adminRequest(over: Partial<AdminRequest> = {}): AdminRequest {
  return {
    method: 'GET',
    target: '/status',
    host: '127.0.0.1:9003',
    authorization: undefined,
    origin: undefined,
    fetchSite: undefined,
    ...over,
  };
}
