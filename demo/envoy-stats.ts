/** What Envoy itself counts of the exchanges that it could not show to twinspan. */

import { getJson } from './http-json.ts';

type StatsAnswer = {
  readonly stats: readonly { readonly name?: string; readonly value?: number }[];
};

/**
 * Requests since Envoy's start that were served although the stream to twinspan failed: `failure_mode_allowed` of the
 * ext_proc filter. While twinspan is down this is the only place where they are counted.
 */
export async function readUndelivered(envoyAdminUrl: string): Promise<number> {
  const url = `${envoyAdminUrl}/stats?format=json&filter=ext_proc.*failure_mode_allowed`;
  const { stats } = (await getJson(url)) as StatsAnswer;
  return stats.reduce((sum, { value }) => sum + (value ?? 0), 0);
}
