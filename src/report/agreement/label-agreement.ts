/**
 * The predictions of one pair, counted by whether both sides gave the same label. The comparison lists the first 100
 * instances; of a larger batch it knows the share that agrees and how many labels each side gave.
 */
import type { InstanceComparison, PredictionComparison } from '../../comparison/prediction.ts';
import { addPair, type Proportion } from './proportion.ts';

/** The kinds of predictions, which add up to the instances. */
export interface LabelCounts {
  readonly agree: number;
  readonly disagree: number;
  /** One side has no label, or no prediction at all. */
  readonly oneSided: number;
  /** Neither has a label. */
  readonly unlabelled: number;
}

export interface LabelAgreement extends LabelCounts {
  /** Predictions with a label on either side: those of which `PredictionComparison.labelAgreement` is a share. */
  readonly labelled: number;
}

/** Counts the predictions of one pair. */
export function labelAgreementOf(prediction: PredictionComparison): LabelAgreement {
  const listed = { agree: 0, disagree: 0, oneSided: 0, unlabelled: 0, labelled: 0 };
  for (const instance of prediction.instances) {
    listed[kindOf(instance)] += 1;
    if (labelCount(instance) > 0) listed.labelled += 1;
  }
  const { count, instances, labelAgreement = 0, labels } = prediction;
  if (count <= instances.length) return listed;
  const given = { live: 0, shadow: 0 };
  for (const { live, shadow } of Object.values(labels)) {
    given.live += live;
    given.shadow += shadow;
  }
  // At least so many; more only where live and the shadow lack labels in different places.
  const labelled = Math.max(given.live, given.shadow, listed.labelled);
  const agree = Math.round(labelAgreement * labelled);
  const lacking = Math.max(Math.abs(given.live - given.shadow), listed.oneSided);
  const oneSided = Math.min(labelled - agree, lacking);
  const disagree = labelled - agree - oneSided;
  return { agree, disagree, oneSided, unlabelled: count - labelled, labelled };
}

/** Adds a pair to the share of labels that agree; a pair without any label adds nothing. */
export function addLabelAgreement(
  proportion: Proportion,
  { agree, labelled }: LabelAgreement,
): void {
  addPair(proportion, agree, labelled);
}

function kindOf(instance: InstanceComparison): keyof LabelCounts {
  const { live, shadow, labelsAgree } = instance;
  switch (labelCount(instance)) {
    case 2:
      return labelsAgree === true ? 'agree' : 'disagree';
    case 1:
      return 'oneSided';
    default:
      return (live === undefined) === (shadow === undefined) ? 'unlabelled' : 'oneSided';
  }
}

function labelCount({ live, shadow }: InstanceComparison): number {
  return Number(live?.label !== undefined) + Number(shadow?.label !== undefined);
}
