/** Which values a configuration can count at which gate of which route: the counters that are there from the start. */
import { unreadRoute } from '../exchange/outcome.ts';
import {
  labelCell,
  otherLabelsCell,
  unattributedErrorsCell,
  watchedLabels,
} from '../report/tally.ts';
import type { VerdictSettings } from './settings.ts';

const share = [0, 1];
const difference = [-1, 0, 1];

/** By route and gate, as they are named in a tally. Off gates are counted as well, so that switching one on changes no sum. */
export function countedValues({
  routes,
}: Pick<VerdictSettings, 'routes'>): Map<string, Map<string, readonly number[]>> {
  const counted = new Map(
    routes.map(({ name, labels = [] }): [string, Map<string, readonly number[]>] => [
      name,
      new Map<string, readonly number[]>([
        ['errors', difference],
        [unattributedErrorsCell, [1]],
        ['contract', share],
        ['mismatch', share],
        ['latency_p95', difference],
        ['latency_p99', difference],
        ['coverage', share],
        ...labels
          .slice(0, watchedLabels)
          .map((label): [string, readonly number[]] => [labelCell(label), difference]),
        ...(labels.length > 0 ? [[otherLabelsCell, difference] as const] : []),
      ]),
    ]),
  );
  return counted.set(unreadRoute, new Map([['coverage', share]]));
}
