/**
 * The two models. Live is a decision tree of depth two, which cuts the petals' sizes with straight lines; shadow asks
 * the five nearest flowers over all four measurements, each scaled to unit variance. Both are trained here, at start,
 * on the same rows. They are about equally good and disagree near the border of versicolor and virginica: the usual
 * case of a new version that is neither broken nor the same.
 */

import { DecisionTreeClassifier } from 'ml-cart';
import KNN from 'ml-knn';

import { SPECIES, type Flower, type Measurements } from './iris.ts';

/** Names under which the models can be started. */
export const MODEL_NAMES = ['iris-tree', 'iris-neighbours'] as const;

/** One of the two models. */
export type ModelName = (typeof MODEL_NAMES)[number];

/** A trained model: flowers in, species out, in the same order. */
export type Model = {
  readonly name: ModelName;
  readonly version: string;
  /** How it decides, in a few words. */
  readonly description: string;
  predict(instances: readonly Measurements[]): string[];
};

const TREE_DEPTH = 2;
const NEIGHBOURS = 5;

/** Learns from the given flowers; deterministic. */
export function trainModel(name: ModelName, training: readonly Flower[]): Model {
  switch (name) {
    case 'iris-tree':
      return trainTree(training);
    case 'iris-neighbours':
      return trainNeighbours(training);
  }
}

/** Share of the flowers whose species the model names rightly. */
export function accuracy(model: Model, flowers: readonly Flower[]): number {
  const predictions = model.predict(flowers.map((flower) => flower.measurements));
  const right = flowers.filter((flower, index) => flower.species === predictions[index]);
  return right.length / flowers.length;
}

function trainTree(training: readonly Flower[]): Model {
  const tree = new DecisionTreeClassifier({ maxDepth: TREE_DEPTH });
  tree.train(
    training.map((flower) => flower.measurements),
    classNumbers(training),
  );
  return {
    name: 'iris-tree',
    version: '1',
    description: `decision tree of depth ${TREE_DEPTH}`,
    predict: (instances) => speciesNames(tree.predict(instances)),
  };
}

function trainNeighbours(training: readonly Flower[]): Model {
  const rows = training.map((flower) => flower.measurements);
  const scale = standardScale(rows);
  const neighbours = new KNN(rows.map(scale), classNumbers(training), { k: NEIGHBOURS });
  return {
    name: 'iris-neighbours',
    version: '2',
    description: `${NEIGHBOURS} nearest neighbours, scaled`,
    predict: (instances) => speciesNames(neighbours.predict(instances.map(scale))),
  };
}

/** Maps each measurement to its distance from the training mean, in standard deviations. */
function standardScale(rows: readonly Measurements[]): (row: Measurements) => number[] {
  const columns = ([0, 1, 2, 3] as const).map((column) => rows.map((row) => row[column]));
  const spread = columns.map((values) => {
    const mean = sum(values) / values.length;
    const variance = sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1);
    return { mean, deviation: Math.sqrt(variance) };
  });
  return (row) =>
    spread.map(({ mean, deviation }, column) => ((row[column] as number) - mean) / deviation);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function classNumbers(flowers: readonly Flower[]): number[] {
  return flowers.map((flower) => SPECIES.indexOf(flower.species));
}

function speciesNames(classes: readonly number[]): string[] {
  return classes.map((number) => SPECIES[number] as string);
}
