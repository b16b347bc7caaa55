/**
 * Which of the experiments that run side by side a verdict is of, and how each stands among the others. What was counted
 * by other gates is never judged by these: margins that were chosen after the counts were seen show nothing.
 */
import type { Experiment, Tally } from '../report/tally.ts';
import type { Standing } from './decision.ts';

export interface ExperimentChoice {
  /** The one with most pairs of the last five minutes first. */
  readonly active: readonly { readonly tally: Tally; readonly recent: number }[];
  /** Id of the one that is asked about; the current one when absent. */
  readonly experiment?: string;
  /** Version of the shadow: an experiment with another one is no answer. */
  readonly shadow?: string;
  /**
   * Whether an experiment was counted by the margins, thresholds and rules that hold now, which its id tells; all were
   * when absent.
   */
  readonly isCountedByThese?: (experiment: Experiment) => boolean;
}

/** Share of the recent pairs from which on an experiment is judged. */
const judgedShare = 0.01;

/** The experiment that is asked about; undefined when there is none. */
export function chosenOf(
  choice: ExperimentChoice,
): { tally: Tally; standing: Standing } | undefined {
  const { active, experiment, shadow } = choice;
  const found = active.find(({ tally }) => {
    const { id, shadow: compared } = tally.experiment;
    return (
      (experiment === undefined ? isCountedByThese(choice, tally) : id === experiment) &&
      (shadow === undefined || compared.version === shadow)
    );
  });
  if (found === undefined) return undefined;
  return { tally: found.tally, standing: standingOf(choice, found.tally) };
}

/** The one that is meant when none is named. */
export function currentOf(choice: ExperimentChoice): Tally | undefined {
  return choice.active.find(({ tally }) => isCountedByThese(choice, tally))?.tally;
}

/** How an experiment stands among the others. */
export function standingOf(choice: ExperimentChoice, tally: Tally): Standing {
  if (!isCountedByThese(choice, tally)) return 'superseded';
  const recent = choice.active.reduce((sum, each) => sum + each.recent, 0);
  const own = choice.active.find((each) => each.tally === tally)?.recent ?? 0;
  if (currentOf(choice) === tally || recent === 0) return 'judged';
  if (own === 0) return 'superseded';
  return own < judgedShare * recent ? 'too_few' : 'judged';
}

function isCountedByThese(
  { isCountedByThese: holds }: ExperimentChoice,
  { experiment }: Tally,
): boolean {
  return holds === undefined || holds(experiment);
}
